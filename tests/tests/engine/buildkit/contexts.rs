//! Where the files of a build come from, and which of them are sent.

use std::fs;
use std::os::unix::fs::symlink;

use docker_buildkit::{BuildkitExt as _, Context as Files, Event};
use docker_client::{BuildContext, Docker};
use engines::case::{Context, EngineTest, Outcome, Stop, test};
use engines::pages::Pages;

use super::{directory, is_old, output, write};
use crate::overlay::docker;

pub(crate) fn tests() -> Vec<EngineTest> {
    vec![
        test("buildkit::ignored_files_are_not_sent", ignored_files_are_not_sent),
        test("buildkit::targets_of_links_come_along", targets_of_links_come_along),
        test("buildkit::only_what_changed_is_sent_again", only_changes_are_sent),
        test("buildkit::archives_and_memory_are_contexts", archives_and_memory),
        test("buildkit::a_named_context_is_copied_from", a_named_context),
        test("buildkit::the_engine_fetches_an_address", an_address),
        test("buildkit::two_builds_of_one_directory_at_once", two_builds_at_once),
    ]
}

async fn ignored_files_are_not_sent(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let dockerfile = format!("FROM {}\nCOPY . /x\nRUN cd /x && find . | sort\n", cx.image());
    let files = directory(&[
        ("Dockerfile", &dockerfile),
        ("other.Dockerfile", &dockerfile),
        (".dockerignore", "**/*.log\n!keep.log\ndir\n!dir/in\n"),
        ("other.Dockerfile.dockerignore", "*\n!only\n"),
        ("a.log", ""),
        ("keep.log", ""),
        ("dir/in", ""),
        ("dir/out", ""),
        ("only", ""),
    ])?;
    let (text, _) = output(docker.buildkit(files.path()).no_cache()).await?;
    let expected = ".\n./.dockerignore\n./Dockerfile\n./dir\n./dir/in\n./keep.log\n./only\n\
                    ./other.Dockerfile\n./other.Dockerfile.dockerignore\n";
    assert_eq!(text, expected);
    let other = docker.buildkit(files.path()).dockerfile("other.Dockerfile").no_cache();
    assert_eq!(output(other).await?.0, ".\n./only\n");
    Ok(())
}

async fn targets_of_links_come_along(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let dockerfile = format!("FROM {}\nCOPY link b* /x/\nRUN cat /x/*\n", cx.image());
    let files = directory(&[
        ("Dockerfile", &dockerfile),
        ("deep/one", "1\n"),
        ("deep/two", "2\n"),
        ("bare", "3\n"),
    ])?;
    symlink("deep/one", files.path().join("link"))?;
    symlink("/deep/two", files.path().join("blink"))?;
    let (text, _) = output(docker.buildkit(files.path()).no_cache()).await?;
    assert_eq!(text, "3\n2\n1\n");
    Ok(())
}

/// How many bytes of the context the engine says that it got.
async fn transferred(docker: &Docker, path: &std::path::Path) -> Result<u64, Stop> {
    let mut stream = docker.buildkit(path).progress().await?;
    let mut bytes = 0;
    while let Some(event) = stream.next().await {
        if let Event::Progress { step, current, name, .. } = event?
            && step.name.contains("load build context")
            && name.starts_with("transferring")
        {
            bytes = bytes.max(current);
        }
    }
    stream.finish().await?;
    Ok(bytes)
}

async fn only_changes_are_sent(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let dockerfile = format!("FROM {}\nCOPY . /x\n", cx.image());
    let files = directory(&[("Dockerfile", &dockerfile), ("small", "1")])?;
    write(files.path(), "large", &"x".repeat(1_000_000))?;
    let first = transferred(&docker, files.path()).await?;
    assert!(first > 1_000_000, "{first}");
    let second = transferred(&docker, files.path()).await?;
    assert!(second < 1000, "nothing changed, and {second} bytes were sent");
    write(files.path(), "small", "22")?;
    let third = transferred(&docker, files.path()).await?;
    assert!(third < 1000, "a small file changed, and {third} bytes were sent");
    // Same size and same time: the engine does not notice, and `resend` is the way around it.
    let same = fs::metadata(files.path().join("small"))?.modified()?;
    write(files.path(), "small", "33")?;
    fs::File::options().write(true).open(files.path().join("small"))?.set_modified(same)?;
    write(files.path(), "Dockerfile", &format!("{dockerfile}RUN cat /x/small\n"))?;
    assert_eq!(output(docker.buildkit(files.path())).await?.0, "22");
    assert_eq!(output(docker.buildkit(files.path()).resend()).await?.0, "33");
    Ok(())
}

async fn archives_and_memory(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let dockerfile =
        format!("FROM {}\nCOPY . /x\nRUN cd /x && find . -type f | sort\n", cx.image());
    let files =
        [("Dockerfile", &*dockerfile), ("a", "1"), ("b.log", "2"), (".dockerignore", "*.log\n")];
    let expected = "./.dockerignore\n./Dockerfile\n./a\n";
    let memory = Files::files(files.map(|(name, text)| (name, text.to_owned())));
    assert_eq!(output(docker.buildkit(memory).no_cache()).await?.0, expected);
    let directory = directory(&[])?;
    let path = directory.path().join("context.tar");
    let mut archive = tar::Builder::new(fs::File::create(&path)?);
    for (name, text) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        archive.append_data(&mut header, name, text.as_bytes())?;
    }
    archive.finish()?;
    assert_eq!(output(docker.buildkit(Files::tar(&path)).no_cache()).await?.0, expected);
    let reader = Files::tar_reader(fs::File::open(&path)?);
    assert_eq!(output(docker.buildkit(reader).no_cache()).await?.0, expected);
    let text = format!("FROM {}\nRUN echo {}\n", cx.image(), cx.name("empty"));
    let empty = docker.buildkit(Files::empty()).dockerfile_text(text);
    assert_eq!(output(empty).await?.0, cx.name("empty") + "\n");
    Ok(())
}

async fn a_named_context(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let dockerfile = format!("FROM {}\nCOPY --from=extra e /e\nRUN cat /e\n", cx.image());
    let (files, extra) =
        (directory(&[("Dockerfile", &dockerfile)])?, directory(&[("e", "extra\n")])?);
    let build = docker.buildkit(files.path()).context("extra", extra.path()).no_cache();
    if is_old(&docker).await? {
        let error = build.build().await.unwrap_err().to_string();
        assert!(error.contains("the named context `extra`"), "{error}");
        return Ok(());
    }
    assert_eq!(output(build).await?.0, "extra\n");
    Ok(())
}

async fn an_address(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let dockerfile = format!("FROM {}\nCOPY a /a\nRUN cat /a\n", cx.image());
    let files = directory(&[("Dockerfile", &dockerfile), ("a", "fetched\n")])?;
    let body = BuildContext::from_dir(files.path()).into_body();
    let mut body = std::pin::pin!(http_body_util::BodyStream::new(body));
    let mut archive = Vec::new();
    while let Some(frame) = futures_util::StreamExt::next(&mut body).await {
        archive.extend_from_slice(&frame?.into_data().map_err(|_| "no data")?);
    }
    // Headers and contents of this archive are ASCII.
    let archive = String::from_utf8(archive)?;
    let pages =
        Pages::serve("Content-Type: application/x-tar\r\n", move |_| archive.clone()).await?;
    let address = format!("http://{}/context.tar", pages.address());
    let (text, _) = output(docker.buildkit(Files::url(address)).no_cache()).await?;
    assert_eq!(text, "fetched\n");
    Ok(())
}

async fn two_builds_at_once(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let run = "ARG BUILD\nRUN echo $BUILD > /build; sleep 1; ls /x | wc -l\n";
    let dockerfile = format!("FROM {}\nCOPY . /x\n{run}", cx.image());
    let files = directory(&[("Dockerfile", &dockerfile)])?;
    for number in 0..50 {
        write(files.path(), &format!("f{number}"), "x")?;
    }
    // Steps that are the same at the same time are one step for the engine.
    let build = |name: &str| {
        output(docker.buildkit(files.path()).build_arg("BUILD", cx.name(name)).no_cache())
    };
    let (first, second) = tokio::join!(build("one"), build("two"));
    assert_eq!((first?.0, second?.0), ("51\n".to_owned(), "51\n".to_owned()));
    Ok(())
}
