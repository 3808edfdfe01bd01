//! What the newest API versions add, on a fake engine: no engine that can be started here supports them.
//!
//! `cargo xtask coverage` runs these tests with the crate that is generated for the newest version. With an older crate,
//! such as the one of the workspace, there is nothing to test.

#![forbid(unsafe_code)]

docker_api::since!(1.56, {
    mod of_1_56;
});
