//! The harness itself, over plain HTTP: engines answer, containers run, registries let in whom they should.

use engines::api::Login;
use engines::case::{Context, EngineTest, Outcome, test, until};
use engines::error::chain;
use engines::http::Payload;
use serde_json::json;

use crate::registry::wants_credentials;

pub(crate) fn tests() -> Vec<EngineTest> {
    vec![
        test("harness::ping_names_the_api_version", ping_names_the_api_version),
        test("harness::a_version_that_is_too_new_is_refused", a_version_that_is_too_new_is_refused),
        test("harness::a_container_runs", a_container_runs).on_podman(),
        test("harness::common_commands_are_there", common_commands_are_there).on_podman(),
        test("harness::signals_have_their_default_effect", signals_have_their_default_effect)
            .on_podman(),
        test("harness::a_published_port_answers", a_published_port_answers).on_podman(),
        test(
            "harness::an_image_goes_through_the_open_registry",
            an_image_goes_through_the_open_registry,
        ),
        test(
            "harness::the_private_registry_asks_for_its_user",
            the_private_registry_asks_for_its_user,
        ),
        test("harness::nothing_is_left_of_a_test", nothing_is_left_of_a_test).exclusive(),
    ]
}

async fn ping_names_the_api_version(cx: Context) -> Outcome {
    let ping = cx.http().get("/_ping").await?.expect(200)?;
    assert_eq!(ping.header("api-version"), Some(cx.engine().api_version.as_str()));
    assert_eq!(ping.header("ostype"), Some("linux"));
    assert_eq!(ping.text(), "OK");
    Ok(())
}

async fn a_version_that_is_too_new_is_refused(cx: Context) -> Outcome {
    let info = cx.http().get("/v1.99/info").await?.expect(400)?;
    let message = info.json()?["message"].as_str().unwrap_or_default().to_owned();
    let expected = format!("Maximum supported API version is {}", cx.engine().api_version);
    assert!(message.contains(&expected), "{message}");
    Ok(())
}

async fn a_container_runs(cx: Context) -> Outcome {
    let config = cx.container(&["sh", "-c", "echo out; echo err >&2; exit 3"]);
    let output = cx.http().run(&cx.name("run"), &config).await?;
    assert_eq!(
        (output.code, output.stdout.as_str(), output.stderr.as_str()),
        (3, "out\n", "err\n")
    );
    Ok(())
}

async fn common_commands_are_there(cx: Context) -> Outcome {
    let mut config = cx.container(&[]);
    for (command, expected) in [
        (&["echo", "hello", "world"][..], "hello world\n"),
        (&["cat", "/etc/group"], "root:x:0:\nnogroup:x:65534:\n"),
        (&["ls", "-d", "/tmp"], "/tmp\n"),
        (&["env", "-i", "GREETING=hello", "env"], "GREETING=hello\n"),
        (&["whoami"], "root\n"),
        (&["sleep", "0"], ""),
    ] {
        config["Cmd"] = json!(command);
        let output = cx.http().run(&cx.name(command[0]), &config).await?;
        assert_eq!(
            (output.code, output.stdout.as_str()),
            (0, expected),
            "{command:?}: {}",
            output.stderr
        );
    }
    Ok(())
}

async fn signals_have_their_default_effect(cx: Context) -> Outcome {
    let output = cx
        .http()
        .run(&cx.name("signals"), &cx.container(&["grep", "SigIgn", "/proc/self/status"]))
        .await?;
    let ignored = output.stdout.trim_start_matches("SigIgn:").trim();
    let ignored = u64::from_str_radix(ignored, 16).map_err(|_| output.stdout.clone())?;
    // The 32nd signal and later ones are real-time signals, which no shell or tool sets or resets.
    assert_eq!(ignored & 0x7fff_ffff, 0, "{ignored:x}");
    Ok(())
}

async fn a_published_port_answers(cx: Context) -> Outcome {
    let mut config = cx.container(&["sh", "-c", "echo served > /tmp/page; httpd -f -p 80 -h /tmp"]);
    config["ExposedPorts"] = json!({"80/tcp": {}});
    config["HostConfig"] =
        json!({"PortBindings": {"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": ""}]}});
    let id = cx.http().create(&cx.name("port"), &config).await?;
    cx.http().post(&format!("/containers/{id}/start"), Payload::none()).await?.expect(204)?;
    let found = cx.http().get(&format!("/containers/{id}/json")).await?.expect(200)?.json()?;
    let port = found["NetworkSettings"]["Ports"]["80/tcp"][0]["HostPort"]
        .as_str()
        .ok_or("no port was published")?;
    let address = engines::http::Address::Tcp(format!("127.0.0.1:{port}"));
    let client = engines::http::Client::new(address);
    // The container has started, and its server a moment later.
    let page = until("an answer", async || Ok(client.get("/page").await.ok())).await?;
    assert_eq!(page.expect(200)?.text(), "served\n");
    Ok(())
}

async fn an_image_goes_through_the_open_registry(cx: Context) -> Outcome {
    let repository = format!("{}/{}", cx.open_registry()?.address, cx.name("open"));
    cx.http().tag(cx.image(), &repository, "one").await?;
    cx.http().push(&repository, "one", None).await?;
    cx.http().remove_image(&format!("{repository}:one")).await?;
    assert!(!cx.http().has_image(&format!("{repository}:one")).await?);
    cx.http().pull(&repository, "one", None).await?;
    assert!(cx.http().has_image(&format!("{repository}:one")).await?);
    cx.http().remove_image(&format!("{repository}:one")).await?;
    Ok(())
}

async fn the_private_registry_asks_for_its_user(cx: Context) -> Outcome {
    let registry = cx.private_registry()?;
    let repository = format!("{}/{}", registry.address, cx.name("private"));
    cx.http().tag(cx.image(), &repository, "one").await?;
    let nobody = cx.http().push(&repository, "one", None).await.expect_err("nobody was let in");
    assert!(wants_credentials(&chain(&nobody)), "{}", chain(&nobody));
    let stranger = Login { user: "tester".to_owned(), password: "guess".to_owned() };
    let stranger = cx.http().push(&repository, "one", Some(&stranger)).await;
    assert!(stranger.is_err(), "a wrong password was let in");
    cx.http().push(&repository, "one", registry.login.as_ref()).await?;
    cx.http().remove_image(&format!("{repository}:one")).await?;
    assert!(cx.http().pull(&repository, "one", None).await.is_err(), "nobody was let in");
    cx.http().pull(&repository, "one", registry.login.as_ref()).await?;
    cx.http().remove_image(&format!("{repository}:one")).await?;
    Ok(())
}

async fn nothing_is_left_of_a_test(cx: Context) -> Outcome {
    let labels = json!({cx.label(): ""});
    let id = cx.http().create(&cx.name("left"), &cx.container(&["sleep", "1000"])).await?;
    cx.http().post(&format!("/containers/{id}/start"), Payload::none()).await?.expect(204)?;
    let volume = json!({"Name": cx.name("left"), "Labels": labels});
    cx.http().post("/volumes/create", Payload::json(&volume)).await?.expect(201)?;
    let network = json!({"Name": cx.name("left"), "Labels": labels});
    cx.http().post("/networks/create", Payload::json(&network)).await?.expect(201)?;
    cx.http().remove_labelled(cx.label()).await?;
    for path in [
        format!("/containers/{id}/json"),
        format!("/volumes/{0}", cx.name("left")),
        format!("/networks/{0}", cx.name("left")),
    ] {
        cx.http().get(&path).await?.expect(404)?;
    }
    Ok(())
}
