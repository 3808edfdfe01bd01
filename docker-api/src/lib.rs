//! The Docker Engine API, one version of it, generated from the engine's own swagger.
