//! `docker exec web sh -c '…'` and `docker exec --tty web sh -c '…'`
//!
//! Argument: a running container (`web`).

use docker_client::{Docker, Error};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let name = std::env::args().nth(1).unwrap_or_else(|| "web".into());
    let docker = Docker::connect()?;

    // Without a terminal, standard output and standard error are separate.
    let script = "read line; echo \"$GREETING $line\"; echo careful >&2; exit 3";
    let exec = docker.exec(&name).cmd(["sh", "-c", script]).env("GREETING", "hello");
    let output = exec.input("world\n").output().await?;
    println!("stdout: {:?}", String::from_utf8_lossy(&output.stdout));
    println!("stderr: {:?}", String::from_utf8_lossy(&output.stderr));
    println!("exit code: {}", output.code);

    // With a terminal, all output is one stream, in which lines end with `\r\n`.
    let exec = docker.exec(&name).cmd(["sh", "-c", "tty; echo careful >&2"]).tty(true);
    let output = exec.configure(|config| config.user = Some("nobody".into())).output().await?;
    println!("terminal: {:?}", String::from_utf8_lossy(&output.stdout));
    Ok(())
}
