//! What Dockerfiles and builds can ask for: secrets, agents, caches, heredocs, outputs, progress.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

use docker_buildkit::{BuildkitExt as _, Error, Event, Output, Prune, Secret, Style};
use engines::case::{Context, EngineTest, Outcome, test};
use tokio::net::UnixListener;

use super::{build_of, directory, is_old, output, remove};
use crate::overlay::docker;

pub(crate) fn tests() -> Vec<EngineTest> {
    vec![
        test("buildkit::a_directory_becomes_an_image", a_directory_becomes_an_image).of_images(),
        test("buildkit::secrets_reach_the_steps_that_mount_them", secrets_reach_steps),
        test("buildkit::an_ssh_agent_is_mounted", an_ssh_agent_is_mounted),
        test("buildkit::a_modern_dockerfile_builds_in_ten_lines", a_modern_dockerfile_builds),
        test("buildkit::a_directory_is_an_output", a_directory_is_an_output),
        test("buildkit::an_archive_is_an_output", an_archive_is_an_output).of_images(),
        // While other builds run, dockerd 28.5 sometimes runs a step again instead of taking it from its cache.
        test("buildkit::steps_are_reported_once_and_in_order", steps_are_reported_once).exclusive(),
        test("buildkit::progress_is_shown_line_by_line", progress_is_shown),
        test("buildkit::the_control_api_answers", the_control_api_answers).exclusive(),
        test("buildkit::podman_is_told_to_have_none", podman_has_none).on_podman_alone(),
    ]
}

async fn a_directory_becomes_an_image(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let steps =
        "ARG WORD\nLABEL own=1\nRUN echo $WORD > /word\nFROM scratch AS unwanted\nRUN exit 1\n";
    let (_directory, build) =
        build_of(&cx, &docker, &format!("AS base\n{steps}").replacen("AS base\n", "", 1))?;
    let name = cx.name("bk") + ":1";
    let dockerfile = format!("FROM {} AS base\n{steps}", cx.image());
    let build = build.dockerfile_text(dockerfile);
    let build = build.tag(&name).build_arg("WORD", "a b").label("team", "web").target("base");
    let built = build.build().await?;
    let image = docker.image_inspect(&name).send().await?.into_inner();
    assert_eq!(image.id, built.image_id);
    let labels = image.config.ok_or("no configuration")?.labels;
    assert_eq!(labels.get("team").map(String::as_str), Some("web"));
    remove(&docker, &name).await
}

async fn secrets_reach_steps(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let marker = cx.name("secret");
    let steps = "RUN --mount=type=secret,id=one --mount=type=secret,id=two --mount=type=secret,id=absent \
                 cat /run/secrets/one && wc -c < /run/secrets/two && test ! -e /run/secrets/absent\n";
    let (directory, build) = build_of(&cx, &docker, steps)?;
    let file = directory.path().join("two");
    fs::write(&file, vec![b'x'; 600_000])?;
    let build = build
        .secret("one", Secret::bytes(marker.clone() + "\n"))
        .secret("two", Secret::file(&file));
    let (text, _) = output(build).await?;
    assert_eq!(text, format!("{marker}\n600000\n"));

    let steps = "RUN --mount=type=secret,id=absent,required=true true\n";
    let (_directory, build) = build_of(&cx, &docker, steps)?;
    let error = build.build().await.unwrap_err();
    assert!(error.to_string().contains("absent"), "{error}");
    Ok(())
}

async fn an_ssh_agent_is_mounted(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let directory = tempfile::tempdir()?;
    let socket = directory.path().join("agent");
    let _listener = UnixListener::bind(&socket)?;
    let steps =
        "RUN --mount=type=ssh,id=one,required=true test -S $SSH_AUTH_SOCK && echo mounted\n";
    let (_directory, build) = build_of(&cx, &docker, steps)?;
    let (text, _) = output(build.clone().ssh_agent_at("one", &socket).no_cache()).await?;
    assert_eq!(text, "mounted\n");
    let error = build.ssh_agent_at("other", &socket).no_cache().build().await.unwrap_err();
    assert!(error.to_string().contains("one"), "{error}");
    Ok(())
}

async fn a_modern_dockerfile_builds(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let cache = cx.name("cache");
    let common = format!(
        "RUN --mount=type=cache,id={cache},target=/cache echo {cache} >> /cache/log; wc -l < /cache/log\n\
         RUN --mount=type=secret,id=token cat /run/secrets/token\n\
         RUN --mount=type=ssh true\n"
    );
    let heredoc = "COPY <<EOF /greeting\nhello\nEOF\nRUN <<EOF\ncat /greeting\necho two\nEOF\n";
    let old = is_old(&docker).await?;
    if old {
        let (_directory, build) = build_of(&cx, &docker, heredoc)?;
        let error = build.build().await.unwrap_err();
        assert!(error.to_string().contains("the heredoc in line 2 of the Dockerfile"), "{error}");
    }
    let steps = if old { common } else { common + heredoc };
    let (_directory, build) = build_of(&cx, &docker, &steps)?;
    let build = build.secret("token", Secret::bytes("token\n")).no_cache();
    let (text, built) = output(build).await?;
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    let expected = if old { &["1", "token"][..] } else { &["1", "hello", "token", "two"] };
    assert_eq!(lines, expected);
    assert!(built.image_id.is_some_and(|id| id.starts_with("sha256:")));
    Ok(())
}

async fn a_directory_is_an_output(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let steps = "RUN mkdir -p /out/sub && cd /out && echo one > a && ln a sub/hard && ln -s a soft && \
                 chmod 4750 a && touch -d @1000000000 sub/hard\nFROM scratch\nCOPY --from=0 /out /\n";
    let (_directory, build) = build_of(&cx, &docker, steps)?;
    let target = tempfile::tempdir()?;
    let root = target.path().join("dist");
    fs::create_dir(&root)?;
    fs::write(root.join("mine"), "stays")?;
    fs::write(root.join("soft"), "is replaced")?;
    build.output(Output::local(&root)).build().await?;
    assert_eq!(fs::read_to_string(root.join("mine"))?, "stays");
    assert_eq!(fs::read_to_string(root.join("a"))?, "one\n");
    assert_eq!(fs::read_link(root.join("soft"))?.to_str(), Some("a"));
    let (a, hard) = (fs::metadata(root.join("a"))?, fs::metadata(root.join("sub/hard"))?);
    assert_eq!(a.permissions().mode() & 0o7777, 0o4750);
    assert_eq!(a.ino(), hard.ino());
    assert_eq!(hard.mtime(), 1_000_000_000);
    Ok(())
}

async fn an_archive_is_an_output(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let steps = "RUN echo one > /a\nFROM scratch\nCOPY --from=0 /a /\n";
    let (directory, build) = build_of(&cx, &docker, steps)?;
    let file = directory.path().join("out.tar");
    build.output(Output::tar(&file)).build().await?;
    let mut archive = tar::Archive::new(fs::File::open(&file)?);
    let entries = archive.entries()?.map(|entry| Ok(entry?.path()?.display().to_string()));
    assert_eq!(entries.collect::<std::io::Result<Vec<_>>>()?, ["a"]);
    // What only the containerd image store can do is refused before anything is built.
    let (directory, build) = build_of(&cx, &docker, "")?;
    let file = directory.path().join("out.oci");
    let info = docker.system_info().send().await?;
    let containerd =
        info.driver_status.iter().flatten().any(|text| text.contains("containerd.snapshotter"));
    let result = build.output(Output::oci(&file)).build().await;
    if containerd {
        result?;
        assert!(fs::metadata(&file)?.len() > 1000);
    } else {
        let error = result.unwrap_err().to_string();
        assert!(error.contains("containerd image store"), "{error}");
        assert!(!file.exists());
    }
    Ok(())
}

async fn steps_are_reported_once(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let (_directory, build) =
        build_of(&cx, &docker, &format!("RUN echo {} >&2\n", cx.name("step")))?;
    let mut told = Vec::new();
    for _ in 0..2 {
        let mut stream = build.clone().progress().await?;
        let mut events = Vec::new();
        while let Some(event) = stream.next().await {
            events.push(match event? {
                Event::Started { step } if step.name.contains("RUN") => "started",
                Event::Cached { step } if step.name.contains("RUN") => "cached",
                Event::Completed { step, .. } if step.name.contains("RUN") => "completed",
                Event::Log { stream: docker_buildkit::LogStream::Stderr, .. } => "stderr",
                _ => continue,
            });
        }
        told.push(events.join(" "));
    }
    assert_eq!(told[0], "started stderr completed", "{told:?}");
    assert!(told[1].ends_with("cached") && !told[1].contains("completed"), "{told:?}");
    Ok(())
}

async fn progress_is_shown(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let name = cx.name("shown");
    let (_directory, build) = build_of(&cx, &docker, &format!("RUN echo one {name}\n"))?;
    let mut shown = Vec::new();
    build.progress().await?.show_on(&mut shown, Style::Plain).await?;
    let shown = String::from_utf8(shown)?;
    assert!(shown.contains(&format!(" one {name}\n")), "{shown}");
    assert!(shown.contains("DONE"), "{shown}");
    Ok(())
}

async fn the_control_api_answers(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let id = cx.name("usage");
    let steps = format!("RUN --mount=type=cache,id={id},target=/{id} echo > /{id}/x\n");
    let (_directory, build) = build_of(&cx, &docker, &steps)?;
    build.build().await?;
    let control = docker.buildkit_control().await?;
    let workers = control.workers().await?;
    assert!(
        workers[0].platforms.iter().any(|platform| platform.starts_with("linux/")),
        "{workers:?}"
    );
    let mounts = control.disk_usage("type==exec.cachemount").await?;
    let mine = mounts.iter().find(|record| record.description.contains(&id)).ok_or("not in use")?;
    assert!(!mine.in_use && mine.kind == "exec.cachemount" && mine.created.is_some(), "{mine:?}");
    let removed = control.prune(Prune::new().all(true).filter(format!("id=={}", mine.id))).await?;
    assert_eq!(removed.iter().map(|record| &record.id).collect::<Vec<_>>(), [&mine.id]);
    match control.info().await {
        Ok(info) => assert!(info.package.contains("buildkit"), "{info:?}"),
        Err(error) => {
            assert!(is_old(&docker).await? && matches!(error, Error::Unsupported { .. }), "{error}")
        }
    }
    Ok(())
}

async fn podman_has_none(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let directory = directory(&[("Dockerfile", "FROM scratch\n")])?;
    let error = docker.buildkit(directory.path()).build().await.unwrap_err().to_string();
    assert!(
        error.contains("does not support BuildKit") && error.contains("Docker::build"),
        "{error}"
    );
    Ok(())
}
