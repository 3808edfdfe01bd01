//! Builds that fail, and their errors.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;
use std::time::Duration;

use docker_buildkit::{BuildkitExt as _, Error, Event};
use docker_client::Docker;
use engines::case::{Context, EngineTest, Outcome, test, until};
use engines::forward::Forward;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy};
use tokio::net::{TcpListener, UnixStream};
use tokio::task::JoinSet;

use super::{build_of, directory, is_old, output};
use crate::overlay::docker;

pub(crate) fn tests() -> Vec<EngineTest> {
    vec![
        test("buildkit::a_failing_step_is_named_with_its_lines", a_failing_step_is_named),
        test("buildkit::an_invalid_dockerfile_is_an_error", an_invalid_dockerfile),
        test("buildkit::unusable_files_end_the_build_by_name", unusable_files_end_the_build),
        test("buildkit::dropping_it_cancels_the_build", dropping_it_cancels),
        test("buildkit::a_session_that_breaks_ends_the_build", a_session_that_breaks),
        test("buildkit::a_proxy_may_refuse_the_control_api", a_proxy_may_refuse),
    ]
}

async fn a_failing_step_is_named(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let steps = "RUN true\nRUN echo one; \\\n    echo two >&2; exit 7\nRUN true\n";
    let (_directory, build) = build_of(&cx, &docker, steps)?;
    let error = build.no_cache().build().await.unwrap_err();
    let failed = error.failed().ok_or("a failed build")?;
    assert_eq!(failed.exit_code, Some(7), "{failed:?}");
    assert!(failed.step.as_ref().is_some_and(|step| step.contains("exit 7")), "{failed:?}");
    let mut log = failed.log.clone();
    log.sort();
    assert_eq!(log, ["one", "two"]);
    match &failed.source {
        Some(source) => {
            assert_eq!(source.marked, 3..=4, "{source}");
            assert_eq!(source.lines[source.marked.start() - source.first], "RUN echo one; \\");
        }
        None => assert!(is_old(&docker).await?, "{failed:?}"),
    }
    Ok(())
}

async fn an_invalid_dockerfile(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let (_directory, build) = build_of(&cx, &docker, "RUNN true\n")?;
    let error = build.build().await.unwrap_err();
    assert!(error.to_string().contains("RUNN"), "{error}");
    let empty = directory(&[])?;
    let error = docker.buildkit(empty.path()).build().await.unwrap_err();
    let Error::File { path, .. } = &error else { panic!("{error}") };
    assert_eq!(path, &empty.path().join("Dockerfile"));
    Ok(())
}

async fn unusable_files_end_the_build(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let dockerfile = format!("FROM {}\nCOPY . /x\n", cx.image());
    let files = directory(&[("Dockerfile", &dockerfile)])?;
    let name = files.path().join(OsStr::from_bytes(b"caf\xe9"));
    fs::write(&name, "")?;
    let error = docker.buildkit(files.path()).build().await.unwrap_err();
    let Error::File { path, source, .. } = &error else { panic!("{error}") };
    assert_eq!((path, source.to_string().contains("not valid UTF-8")), (&name, true), "{source}");
    fs::remove_file(&name)?;

    // A file that grows continuously never has the size that was announced.
    let growing = files.path().join("growing");
    fs::write(&growing, "x")?;
    let grow = tokio::spawn({
        let growing = growing.clone();
        async move {
            loop {
                if let Ok(mut file) = fs::File::options().append(true).open(&growing) {
                    drop(std::io::Write::write_all(&mut file, b"more"));
                }
                tokio::time::sleep(Duration::from_micros(100)).await;
            }
        }
    });
    let result = docker.buildkit(files.path()).build().await;
    grow.abort();
    if let Err(error) = result {
        let Error::File { path, .. } = &error else { panic!("{error}") };
        assert_eq!(path, &fs::canonicalize(growing)?);
    }
    Ok(())
}

/// Waits until a step writes something.
async fn first_output(stream: &mut docker_buildkit::BuildStream) -> Outcome {
    loop {
        match stream.next().await.ok_or("the build ended")?? {
            Event::Log { .. } => return Ok(()),
            _ => continue,
        }
    }
}

async fn dropping_it_cancels(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let marker = cx.name("sleeper");
    let (_directory, build) = build_of(&cx, &docker, &format!("RUN echo {marker}; sleep 3117\n"))?;
    let mut stream = build.no_cache().progress().await?;
    first_output(&mut stream).await?;
    drop(stream);
    until("the end of the build's process", async || {
        let processes = fs::read_dir("/proc")?.flatten();
        let command = |path: PathBuf| fs::read(path.join("cmdline")).unwrap_or_default();
        let mut commands = processes.map(|process| command(process.path()));
        let marker = marker.as_bytes();
        let runs = commands.any(|line| line.windows(marker.len()).any(|part| part == marker));
        Ok((!runs).then_some(()))
    })
    .await
}

async fn a_session_that_breaks(cx: Context) -> Outcome {
    let forward = Forward::start(cx.host()).await?;
    let docker = Docker::builder().host(forward.host().parse()?).connect()?;
    let (_directory, build) = build_of(&cx, &docker, "RUN echo begun; sleep 20\n")?;
    let mut stream = build.no_cache().progress().await?;
    first_output(&mut stream).await?;
    forward.cut();
    let ended = tokio::time::timeout(Duration::from_secs(10), stream.finish()).await?;
    let error = ended.unwrap_err();
    assert!(matches!(error, Error::Connection { .. } | Error::Client(_)), "{error:?}");
    Ok(())
}

/// Forwards connections, and answers requests for the control API with 403, as filtering proxies do.
async fn filter(host: &str) -> std::io::Result<(JoinSet<()>, String)> {
    let path = PathBuf::from(host.trim_start_matches("unix://"));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = format!("tcp://{}", listener.local_addr()?);
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let mut connections = JoinSet::new();
        while let Ok((client, _)) = listener.accept().await {
            let path = path.clone();
            connections.spawn(async move {
                let Ok(engine) = UnixStream::connect(path).await else { return };
                let (mut from_client, mut to_client) = client.into_split();
                let (mut from_engine, mut to_engine) = engine.into_split();
                let mut back = JoinSet::new();
                let (stop, mut stopped) = tokio::sync::oneshot::channel::<()>();
                back.spawn(async move {
                    tokio::select! {
                        _ = copy(&mut from_engine, &mut to_client) => {}
                        _ = &mut stopped => {
                            let refusal = "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno";
                            drop(to_client.write_all(refusal.as_bytes()).await);
                        }
                    }
                });
                let mut buffer = vec![0; 64 * 1024];
                while let Ok(length) = from_client.read(&mut buffer).await {
                    let piece = &buffer[..length];
                    let line = piece.split(|byte| *byte == b'\r').next().unwrap_or_default();
                    if line.starts_with(b"POST ") && line.ends_with(b"/grpc HTTP/1.1") {
                        let _ = stop.send(());
                        break;
                    }
                    if length == 0 || to_engine.write_all(piece).await.is_err() {
                        break;
                    }
                }
                while back.join_next().await.is_some() {}
            });
        }
    });
    Ok((tasks, address))
}

async fn a_proxy_may_refuse(cx: Context) -> Outcome {
    let (_tasks, address) = filter(cx.host()).await?;
    let docker = Docker::builder().host(address.parse()?).connect()?;
    let (directory, build) =
        build_of(&cx, &docker, "COPY a /a\nARG WORD\nRUN cat /a; echo $WORD\n")?;
    fs::write(directory.path().join("a"), "sent\n")?;
    let (text, built) = output(build.build_arg("WORD", "w").no_cache()).await?;
    assert_eq!(text, "sent\nw\n");
    assert!(built.image_id.is_some_and(|id| id.starts_with("sha256:")));
    let (_directory, build) = build_of(&cx, &docker, "RUN echo why; exit 3\n")?;
    let error = build.no_cache().build().await.unwrap_err();
    let failed = error.failed().ok_or("a failed build")?;
    assert_eq!(
        (failed.exit_code, &failed.log[..]),
        (Some(3), &["why".to_owned()][..]),
        "{failed:?}"
    );
    let (_directory, build) = build_of(&cx, &docker, "")?;
    let error = build.add_host("a", "10.0.0.1").build().await.unwrap_err().to_string();
    assert!(error.contains("`add_host`") && error.contains("403"), "{error}");
    Ok(())
}
