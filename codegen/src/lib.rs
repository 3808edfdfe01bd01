//! Turns the Docker Engine's swagger into the crate `docker-api`: text in, text out.
