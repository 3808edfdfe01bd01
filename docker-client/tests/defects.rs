//! Tests for defects of other clients.
//!
//! Some of these tests are in the files of their subjects:
//!
//! | defect | test |
//! |---|---|
//! | a timeout below a second is ignored | `transport::timeouts_are_exact_and_name_the_step` |
//! | an error in a frame is returned as output | `output::errors_are_returned_after_the_output_before_them` |
//! | the output of a terminal is parsed as frames | `output::the_output_of_a_terminal_is_never_demultiplexed` |
//! | the output of a terminal is buffered until a line break | `output::the_output_of_a_terminal_is_not_buffered_until_a_line_break` |
//! | an error in the progress of a pull is ignored | `run::finish_returns_the_error_of_a_pull` |
//! | credentials are encoded with the wrong alphabet | `run::a_missing_image_is_pulled_with_the_credentials` |
//! | a client older than the engine's oldest version goes on | `negotiation::no_common_version_is_an_error_that_names_both_ranges` |
//! | a client used from several runtimes hangs | `transport::one_client_serves_several_runtimes_in_turn_and_at_once` |

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use docker_client::prelude::*;
use docker_client::types::ContainerSummaryState;
use docker_client::{Body, Error};
use support::{Engine, Reply};

#[tokio::test]
async fn an_unknown_value_of_an_enum_is_kept() {
    let engine = Engine::start(|_| {
        Reply::json(200, r#"[{"Id":"a","State":"stopped"},{"Id":"b","State":"running"}]"#)
    });
    let list = engine.docker().container_list().send().await.unwrap();
    assert_eq!(list.len(), 2);
    assert_eq!(list[0].state, Some(ContainerSummaryState::Other("stopped".into())));
    assert_eq!(list[1].state, Some(ContainerSummaryState::Running));
}

#[tokio::test]
async fn a_missing_or_null_field_is_not_an_error() {
    let engine = Engine::start(|_| {
        Reply::json(200, r#"[{"Id":"sha256:0f","RepoTags":null,"Labels":null}]"#)
    });
    let list = engine.docker().image_list().send().await.unwrap();
    assert_eq!(list[0].id, "sha256:0f");
    assert!(
        list[0].parent_id.is_empty() && list[0].repo_tags.is_empty() && list[0].labels.is_empty()
    );
}

#[tokio::test]
async fn slashes_and_dots_in_a_name_are_escaped() {
    let engine = Engine::start(|_| Reply::json(404, r#"{"message":"no such container"}"#));
    let docker = engine.docker();
    docker.container_inspect("../networks/prod").send().await.unwrap_err();
    assert_eq!(engine.requests()[0].line, "GET /v1.41/containers/..%2Fnetworks%2Fprod/json");
    for name in ["", "..", "."] {
        let error = docker.container_inspect(name).send().await.unwrap_err();
        assert!(matches!(error, Error::InvalidRequest { .. }), "{error:?}");
    }
    assert_eq!(engine.requests().len(), 1, "nothing was sent");
}

#[tokio::test]
async fn an_upload_has_one_content_type() {
    let engine = Engine::start(|_| Reply::empty(200));
    let body = Body::from_reader(std::io::Cursor::new("tar"));
    engine.docker().put_container_archive("web", "/srv", body).send().await.unwrap();
    let seen = &engine.requests()[0];
    assert_eq!(seen.headers.get_all("content-type").iter().count(), 1);
    assert_eq!(seen.header("content-type"), Some("application/x-tar"));
    assert_eq!(seen.header("transfer-encoding"), Some("chunked"));
    assert_eq!(seen.body, "tar");
}

#[tokio::test]
async fn a_request_without_a_body_has_no_content_type() {
    let engine = Engine::start(|_| Reply::empty(204));
    engine.docker().container_start("web").send().await.unwrap();
    let seen = &engine.requests()[0];
    assert_eq!((seen.header("content-type"), seen.header("transfer-encoding")), (None, None));
}

#[tokio::test]
async fn parameters_that_are_lists_are_repeated() {
    let engine = Engine::start(|_| Reply::json(200, "[]"));
    let platforms = [r#"{"os":"linux"}"#, r#"{"os":"windows"}"#];
    engine.docker_at("1.51").image_delete("app").platforms(platforms).send().await.unwrap();
    let line = "DELETE /v1.51/images/app?platforms=%7B%22os%22%3A%22linux%22%7D&\
        platforms=%7B%22os%22%3A%22windows%22%7D";
    assert_eq!(engine.requests()[0].line, line);
}

#[tokio::test]
async fn an_import_is_for_a_platform() {
    let engine = Engine::start(|_| Reply::json(200, "{}"));
    let import = engine.docker().image_create().from_src("-").repo("app").platform("linux/arm64");
    drop(import.send().await.unwrap());
    let line = "POST /v1.41/images/create?fromSrc=-&repo=app&platform=linux%2Farm64";
    assert_eq!(engine.requests()[0].line, line);
}

#[tokio::test]
async fn integers_have_64_bits() {
    let engine = Engine::start(|_| Reply::json(200, "{}"));
    let since = i64::from(i32::MAX) + 1;
    drop(engine.docker().container_logs("web").since(since).send().await.unwrap());
    assert!(engine.requests()[0].line.ends_with("?since=2147483648"));
}

/// Some constructors of other clients use the newest API version, which older engines refuse.
#[tokio::test]
async fn the_version_of_an_older_engine_is_used() {
    for engine_version in ["1.41", "1.51"] {
        let engine = Engine::start_raw(move |seen| match seen.line.ends_with("/_ping") {
            true => Reply::pong(engine_version),
            false => Reply::json(200, "{}"),
        });
        engine.docker().system_info().send().await.unwrap();
        assert_eq!(engine.requests()[0].line, format!("GET /v{engine_version}/info"));
    }
}

/// Go decodes `null` as the zero value and a lone surrogate as U+FFFD, anywhere in a response.
#[tokio::test]
async fn values_that_go_accepts_are_accepted() {
    let engine = Engine::start(|request| match request.path() {
        "/containers/json" => Reply::json(
            200,
            r#"[null,{"Id":"a","Names":["/web",null],"Labels":{"k":null,"half":"x\ud83d"},
            "Ports":[null],"NetworkSettings":{"Networks":{"n":null}}}]"#,
        ),
        "/containers/a/stats" => {
            Reply::json(200, r#"{"id":"a","precpu_stats":null,"name":"half \udc00"}"#)
        }
        _ => Reply::json(404, r#"{"message":"half \ud83d of a message"}"#),
    });
    let docker = engine.docker();
    let list = docker.container_list().send().await.unwrap();
    assert_eq!((list.len(), &*list[1].names[0], &*list[1].names[1]), (2, "/web", ""));
    assert_eq!(list[1].labels["k"], "");
    assert_eq!(list[1].labels["half"], "x\u{fffd}");
    assert_eq!(list[1].ports.len(), 1);
    let networks = list[1].network_settings.as_ref().unwrap();
    assert!(networks.networks.contains_key("n"), "a network without settings is one");
    let mut stats = docker.container_stats("a").stats().await.unwrap();
    let sample = stats.next().await.unwrap().unwrap();
    assert_eq!(sample.cpu_percent, None);
    assert_eq!(sample.decode::<serde_json::Value>().unwrap()["name"], "half \u{fffd}");
    let error = docker.container_inspect("b").send().await.unwrap_err();
    assert!(error.to_string().contains("half \u{fffd} of a message"), "{error}");
}
