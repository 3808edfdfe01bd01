//! Builds nothing: cargo wants a build script of a package that has `links`, and `links` is what keeps a program to one
//! version of docker-api.

fn main() {}
