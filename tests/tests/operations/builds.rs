//! Images built by the classic builder: from a directory's tar, packed or not, with arguments and a target; and what else
//! the engine offers around builds.

use std::io::Write as _;

use docker_client::operations::ImageBuild;
use docker_client::prelude::*;
use docker_client::{Docker, ErrorKind, Request};
use engines::archive;
use engines::case::{Context, EngineTest, Outcome};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;
use tokio::io::AsyncReadExt as _;

use crate::support::{docker, refused, refused_with_message, test, wire};

pub(crate) fn tests() -> Vec<EngineTest> {
    #[allow(unused_mut)]
    let mut tests = vec![
        test("builds::a_folder_with_arguments_and_a_target", a_folder),
        test("builds::a_packed_folder", a_packed_folder),
        test("builds::a_step_that_fails_is_an_error", a_step_that_fails),
        test("builds::prune_empties_the_cache", prune).exclusive(),
        test("builds::a_session_is_a_connection_to_the_builder", session),
    ];
    docker_api::since!(1.38, {
        tests.push(test("builds::one_that_runs_is_cancelled", cancel));
    });
    tests
}

const DOCKERFILE: &str = "\
FROM busybox:test AS base
ARG WORD=default
COPY directory /directory
RUN echo $WORD > /word

FROM base AS small
LABEL stage=small

FROM base
LABEL stage=last
";

/// A build by the classic builder. Versions that know no other one have no parameter for it.
fn classic(docker: &Docker) -> ImageBuild {
    docker_api::since!(1.38, { docker.image_build().version("1") } else { docker.image_build() })
}

/// A build by BuildKit, or by the classic builder where the version knows no other one.
fn kit(docker: &Docker) -> ImageBuild {
    docker_api::since!(1.38, { docker.image_build().version("2") } else { docker.image_build() })
}

async fn a_folder(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let image = cx.name("built");
    let context =
        archive::of(&[("files/Dockerfile.own", DOCKERFILE), ("directory/note", "built\n")]);
    let build = classic(&docker).t([format!("{image}:1"), format!("{image}:2")]);
    let build = build.dockerfile("files/Dockerfile.own").target("small").rm(true);
    let build = build.buildargs(json!({"WORD": "given"}).to_string());
    let build = build.labels(json!({"from": "outside"}).to_string()).body(context);
    let mut progress = build.progress().await?;
    let (mut text, mut id) = (String::new(), None);
    while let Some(report) = progress.next().await {
        let report = report?;
        id = report.image_id().map(str::to_owned).or(id);
        text += report.stream.as_deref().unwrap_or_default();
    }
    assert!(text.starts_with("Step 1/") && text.contains("Successfully tagged"), "{text}");
    assert!(!text.contains("stage=last"), "the build went beyond its target: {text}");
    let found = wire(&docker.image_inspect(format!("{image}:2")).send().await?.into_inner())?;
    assert_eq!(found["Id"].as_str(), id.as_deref());
    assert_eq!(found["Config"]["Labels"], json!({"stage": "small", "from": "outside"}));
    let run =
        docker.run(format!("{image}:1")).cmd(["cat", "/word", "/directory/note"]).remove(true);
    assert_eq!(String::from_utf8(run.output().await?.stdout)?, "given\nbuilt\n");
    for tag in ["1", "2"] {
        docker.image_delete(format!("{image}:{tag}")).send().await?;
    }
    Ok(())
}

async fn a_packed_folder(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let image = format!("{}:1", cx.name("packed"));
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(&archive::of(&[
        ("Dockerfile", "FROM busybox:test\nCOPY note /note\n"),
        ("note", "packed\n"),
    ]))?;
    let build = classic(&docker).t([&image]).q(true).body(packed.finish()?);
    let mut output = String::new();
    let mut progress = build.progress().await?;
    while let Some(report) = progress.next().await {
        output += &report?.stream.unwrap_or_default();
    }
    // A quiet build reports only the ID of the image.
    assert!(output.starts_with("sha256:") && output.lines().count() == 1, "{output}");
    let output = docker.run(&image).cmd(["cat", "/note"]).remove(true).output().await?;
    assert_eq!(output.stdout, b"packed\n");
    docker.image_delete(&image).send().await?;
    Ok(())
}

async fn a_step_that_fails(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let context = archive::of(&[("Dockerfile", "FROM busybox:test\nRUN exit 5\n")]);
    let failed = classic(&docker).rm(true).forcerm(true).body(context).finish().await;
    let message = refused(failed, ErrorKind::Other);
    assert!(message.contains("returned a non-zero code: 5"), "{message}");
    let without = classic(&docker).body(archive::of(&[("note", "")])).finish().await;
    refused_with_message(without, "Dockerfile");
    let unknown = archive::of(&[("Dockerfile", "FROM busybox:test\nNONSENSE\n")]);
    let unknown = classic(&docker).body(unknown).finish().await;
    let message = refused(unknown, ErrorKind::InvalidArgument);
    assert!(message.contains("NONSENSE"), "{message}");
    Ok(())
}

async fn prune(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    // The classic builder keeps no cache of its own, so that BuildKit has to make one.
    let context = archive::of(&[("Dockerfile", "FROM busybox:test\nRUN echo cached\n")]);
    kit(&docker).body(context).finish().await?;
    let pruned = docker.build_prune().send().await?.into_inner();
    assert!(pruned.space_reclaimed.is_some(), "{pruned:?}");
    docker_api::since!(1.39, {
        let mut prune = Request::from(docker.build_prune());
        prune.query("filters", "no JSON");
        refused_with_message(prune.discard().await, "invalid");
    });
    Ok(())
}

docker_api::since!(1.38, {
    async fn cancel(cx: Context) -> Outcome {
        let docker = docker(&cx)?;
        let id = cx.name("build");
        let context = archive::of(&[("Dockerfile", "FROM busybox:test\nRUN sleep 1000\n")]);
        let build = kit(&docker).buildid(&id).nocache(true).body(context);
        let mut progress = build.progress().await?;
        let ended = tokio::spawn(async move {
            while let Some(report) = progress.next().await {
                report?;
            }
            Ok::<_, docker_client::Error>(())
        });
        // The builder registers the build a moment after it has responded.
        engines::case::until("the cancelled build", async || {
            docker.build_cancel(&id).send().await?;
            Ok(ended.is_finished().then_some(()))
        })
        .await?;
        refused_with_message(ended.await?, "cancel");
        refused_with_message(docker.build_cancel("").send().await, "build ID not provided");
        Ok(())
    }
});

async fn session(cx: Context) -> Outcome {
    let docker = docker(&cx)?;
    let mut request = Request::from(docker.session());
    request.header("x-docker-expose-session-uuid", cx.name("session"));
    request.header("x-docker-expose-session-name", "tests");
    let mut connection = request.upgrade().await?.into_inner();
    // From here on the engine is the client, and speaks HTTP/2.
    let mut begin = [0; 24];
    connection.read_exact(&mut begin).await?;
    assert_eq!(&begin, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    drop(connection);
    refused_with_message(
        Request::from(docker.session()).discard().await,
        "no upgrade proto in request",
    );
    Ok(())
}
