//! The example `interactive` at a terminal: `docker run -it` in full.

use engines::case::{Context, EngineTest, Outcome, Stop, test};

use super::terminal::Terminal;
use super::{inspect, program, remove};

pub(super) fn tests() -> Vec<EngineTest> {
    vec![
        test("examples::interactive", sizes_keys_and_exit_code),
        test("examples::interactive_forwards_ctrl_c", forwards_ctrl_c),
        test("examples::interactive_detaches", detaches),
        test("examples::interactive_wants_a_terminal", wants_a_terminal),
    ]
}

/// A terminal in which a shell runs the example with this command, and then tells its exit code and the settings of the
/// terminal.
fn start(cx: &Context, command: &[&str]) -> Result<Terminal, Stop> {
    let mut terminal = Terminal::open(31, 97)?;
    let arguments = [&[cx.image()], command].concat();
    let settings =
        [("DOCKER_HOST", cx.host()), ("TERM", "xterm"), ("PATH", "/usr/bin:/bin:/usr/sbin")];
    let script = r#""$0" "$@"; echo "code=$?"; stty -a; echo over"#;
    terminal.start_shell(script, "interactive", &arguments, &settings)?;
    Ok(terminal)
}

/// Whether the shell that comes after the example has a terminal that echoes and reads lines, as before.
async fn restored(terminal: &mut Terminal) -> Outcome {
    let settings = terminal.expect("over").await?;
    for setting in ["icanon", "echo", "isig", "opost", "icrnl"] {
        // A dash in front means that the setting is off.
        assert!(settings.split_whitespace().any(|word| word == setting), "{setting}: {settings}");
    }
    assert_eq!(terminal.exit_code().await?, 0);
    Ok(())
}

async fn sizes_keys_and_exit_code(cx: Context) -> Outcome {
    let mut terminal = start(&cx, &["sh"])?;
    terminal.expect("# ").await?;
    // The size and the input are sent to the container on different connections.
    terminal.send("until stty size | grep '31 97'; do sleep 0.1; done\r").await?;
    terminal.expect("31 97\r\n").await?;
    terminal.resize(40, 120)?;
    terminal.send("until stty size | grep 40; do sleep 0.1; done\r").await?;
    terminal.expect("40 120\r\n").await?;
    terminal.send("echo $TERM; tty\r").await?;
    terminal.expect("xterm\r\n/dev/pts/0\r\n").await?;
    terminal.send("exit 7\r").await?;
    terminal.expect("code=7\r\n").await?;
    restored(&mut terminal).await
}

async fn forwards_ctrl_c(cx: Context) -> Outcome {
    let script = "trap 'n=x$n; echo caught $n; test $n = xx && exit 9' INT; echo ready; \
        while true; do sleep 0.1; done";
    let mut terminal = start(&cx, &["sh", "-c", script])?;
    terminal.expect("ready\r\n").await?;
    for caught in ["caught x\r\n", "caught xx\r\n"] {
        terminal.send("\x03").await?;
        terminal.expect(caught).await?;
    }
    terminal.expect("code=9\r\n").await?;
    restored(&mut terminal).await
}

async fn detaches(cx: Context) -> Outcome {
    let mut terminal = start(&cx, &["sh"])?;
    terminal.expect("# ").await?;
    terminal.send("\x10\x11").await?;
    terminal.expect("detached from ").await?;
    let id = terminal.expect("\r\n").await?;
    terminal.expect("code=0\r\n").await?;
    restored(&mut terminal).await?;
    assert_eq!(inspect(&cx, &id).await?["State"]["Running"], true);
    remove(&cx, &id).await
}

async fn wants_a_terminal(cx: Context) -> Outcome {
    let output = program("interactive", &[cx.image()], &[("DOCKER_HOST", cx.host())]).await?;
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains("standard input is not a terminal"), "{stderr}");
    assert_eq!(output.status.code(), Some(125));
    Ok(())
}
