//! Latency of single requests, for work on one client: `cargo bench -p bench`.
fn main() {}
