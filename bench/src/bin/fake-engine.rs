//! The fake engine: `fake-engine SOCKET CERTIFICATES`. See `bench::engine`.
#![forbid(unsafe_code)]

use std::path::Path;

use anyhow::{Context, Result};
use bench::engine::{Certificates, run};

fn main() -> Result<()> {
    let mut arguments = std::env::args_os().skip(1);
    let socket = arguments.next().context("the path of the socket is missing")?;
    let directory = arguments.next().context("the directory of the certificates is missing")?;
    run(Path::new(&socket), &Certificates::open(Path::new(&directory)))
}
