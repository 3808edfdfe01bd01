//! `docker exec web sh -c '…'` and `docker exec --tty web sh -c '…'`
//!
//! Argument: a container that runs (`web`).

use docker_client::{Docker, Error};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let name = std::env::args().nth(1).unwrap_or_else(|| "web".into());
    let docker = Docker::connect()?;

    // Without a terminal, standard output and standard error are told apart.
    let script = "read line; echo \"$GREETING $line\"; echo careful >&2; exit 3";
    let exec = docker.exec(&name).cmd(["sh", "-c", script]).env("GREETING", "hello");
    let output = exec.input("world\n").output().await?;
    println!("it wrote {:?}", String::from_utf8_lossy(&output.stdout));
    println!("it complained {:?}", String::from_utf8_lossy(&output.stderr));
    println!("it exited with {}", output.code);

    // With one, programs behave as if a user sat there, and all output is one stream with `\r\n` at the end of lines.
    let exec = docker.exec(&name).cmd(["sh", "-c", "tty; echo careful >&2"]).tty(true);
    let output = exec.configure(|config| config.user = Some("nobody".into())).output().await?;
    println!("on a terminal it wrote {:?}", String::from_utf8_lossy(&output.stdout));
    Ok(())
}
