//! `docker run --rm busybox:test echo hello world`
//!
//! The image is the first argument, or else the value of `HELLO_IMAGE`, or else `busybox:test`. It is pulled if it is missing, with
//! the credentials in `HELLO_USER` and `HELLO_PASSWORD` if they are set. `DOCKER_HOST` sets the address of the engine.

use std::io::Write;
use std::process::ExitCode;

use docker_client::{Docker, Error, RegistryAuth};

#[tokio::main]
async fn main() -> ExitCode {
    let image = std::env::args()
        .nth(1)
        .or_else(|| std::env::var("HELLO_IMAGE").ok())
        .unwrap_or_else(|| "busybox:test".to_owned());
    match hello(&image).await {
        Ok(code) => ExitCode::from(u8::try_from(code).unwrap_or(1)),
        Err(error) => {
            eprintln!("hello: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn hello(image: &str) -> Result<i64, Error> {
    let docker = Docker::connect()?;
    let mut run = docker.run(image).cmd(["echo", "hello world"]).remove(true);
    if let (Ok(user), Ok(password)) = (std::env::var("HELLO_USER"), std::env::var("HELLO_PASSWORD"))
    {
        run = run.auth(RegistryAuth::password(user, password));
    }
    let output = run.output().await?;
    let shown = std::io::stdout().write_all(&output.stdout);
    shown.and_then(|()| std::io::stderr().write_all(&output.stderr)).map(|()| output.code).or(Ok(1))
}
