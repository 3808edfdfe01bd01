//! What the tests share: engines, registries and images that they start themselves.
