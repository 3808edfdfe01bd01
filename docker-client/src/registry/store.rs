//! The credentials that `docker login` has stored: in `config.json`, in credential helpers, or in `DOCKER_AUTH_CONFIG`.

use std::collections::BTreeMap;
use std::fmt;

use docker_api::{BoxFuture, Error};
use serde_json::value::RawValue;

use super::helper::Helper;
use super::stored::{self, is_registry};
use super::{CredentialProvider, RegistryAuth, key};
use crate::config::{ConfigFile, ConfigWarning, Environment, StoredAuth, Warnings, json};

/// The environment variable that may contain credentials.
const VARIABLE: &str = "DOCKER_AUTH_CONFIG";

/// The credentials that the user has stored with `docker login`.
///
/// They are looked up for each request, in this order:
///
/// 1. The environment variable `DOCKER_AUTH_CONFIG`.
/// 2. The credential helper that `credHelpers` in `config.json` names for the registry.
/// 3. The credential helper that `credsStore` in `config.json` names.
/// 4. `auths` in `config.json`.
///
/// As with the Docker command line, it is not an error if stored credentials cannot be read: the request is sent
/// without them. Each such case is a [warning](Self::warnings). If the registry then refuses the request, the error
/// contains the warning. A credential helper is killed after 60 seconds.
#[derive(Clone)]
pub struct Credentials {
    environment: Environment,
    warnings: Warnings,
}

/// Shows only the names of the environment variables.
impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("environment", &self.environment)
            .finish_non_exhaustive()
    }
}

impl Credentials {
    /// Creates a provider of the stored credentials of the current user.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Config`] if an environment variable is not valid UTF-8.
    pub fn from_env() -> Result<Self, Error> {
        let environment = Environment::of_process()?;
        Ok(Self::new(environment, Warnings::default()))
    }

    pub(crate) fn new(environment: Environment, warnings: Warnings) -> Self {
        Self { environment, warnings }
    }

    /// Returns the warnings about stored credentials that could not be read, oldest first.
    #[must_use]
    pub fn warnings(&self) -> Vec<ConfigWarning> {
        self.warnings.all()
    }

    /// Returns the credentials for a registry, and the reasons for which stored credentials could not be read.
    pub(super) async fn find(&self, registry: &str) -> (Option<RegistryAuth>, Vec<String>) {
        let mut search = Search::new(self);
        let found = search.find(key(registry)).await;
        (found, search.reasons)
    }

    /// Returns the credentials for all registries, and the reasons for which stored credentials could not be read.
    pub(super) async fn every(&self) -> (Vec<(String, RegistryAuth)>, Vec<String>) {
        let mut search = Search::new(self);
        let found = search.every().await;
        (found, search.reasons)
    }
}

impl CredentialProvider for Credentials {
    fn get<'a>(&'a self, registry: &'a str) -> BoxFuture<'a, Result<Option<RegistryAuth>, Error>> {
        Box::pin(async { Ok(self.find(registry).await.0) })
    }

    fn all(&self) -> BoxFuture<'_, Result<Vec<(String, RegistryAuth)>, Error>> {
        Box::pin(async { Ok(self.every().await.0) })
    }
}

/// A search through all stored credentials.
struct Search<'a> {
    credentials: &'a Credentials,
    variable: BTreeMap<String, StoredAuth>,
    file: ConfigFile,
    /// The reasons for which stored credentials could not be read.
    reasons: Vec<String>,
}

impl<'a> Search<'a> {
    fn new(credentials: &'a Credentials) -> Self {
        // Warnings about other members of the file belong to the whole client.
        let own = Warnings::default();
        let file = ConfigFile::read(&credentials.environment, &own);
        let mut search = Self { credentials, variable: BTreeMap::new(), file, reasons: Vec::new() };
        for ConfigWarning { setting, message } in own.all() {
            search.fail(setting, message);
        }
        search.read_variable();
        search
    }

    fn fail(&mut self, setting: impl Into<String>, message: impl Into<String>) {
        let (setting, message) = (setting.into(), message.into());
        self.reasons.push(format!("{setting}: {message}"));
        self.credentials.warnings.add(setting, message);
    }

    fn read_variable(&mut self) {
        let environment = &self.credentials.environment;
        if !environment.is_utf8(VARIABLE) {
            return self.fail(VARIABLE, "the value is not valid UTF-8 and is ignored");
        }
        let Some(text) = environment.get(VARIABLE) else { return };
        match json::read::<BTreeMap<String, &RawValue>>(text.as_bytes()) {
            Ok(members) => {
                let auths = members.get("auths").map_or("null", |value| value.get());
                match json::read::<Option<BTreeMap<String, StoredAuth>>>(auths.as_bytes()) {
                    Ok(auths) => self.variable = auths.unwrap_or_default(),
                    Err(_) => {
                        self.fail(VARIABLE, "`auths` is ignored: expected an object of objects")
                    }
                }
                if let Some(other) = members.keys().find(|name| *name != "auths") {
                    // A user may expect these to have an effect.
                    let other = match &**other {
                        known @ ("credHelpers" | "credsStore") => format!("`{known}`"),
                        _ => "everything except `auths`".to_owned(),
                    };
                    self.fail(VARIABLE, format!("{other} is ignored: set it in config.json"));
                }
            }
            Err(what) => self.fail(VARIABLE, format!("the value {what} and is ignored")),
        }
    }

    /// Returns the credential helper with this name, or `None` with a warning if the name is invalid.
    fn helper(&mut self, setting: &str, name: &str) -> Option<Helper> {
        match Helper::new(name, self.credentials.environment.get_os("PATH")) {
            Ok(helper) => Some(helper),
            Err(message) => {
                self.fail(format!("{setting} of config.json"), message);
                None
            }
        }
    }

    async fn find(&mut self, registry: &str) -> Option<RegistryAuth> {
        match stored::find(&self.variable, registry) {
            Ok(Some(found)) => return Some(found),
            Ok(None) => {}
            Err(message) => self.fail(VARIABLE, message),
        }
        let own = self.file.cred_helpers.get(registry).map(|name| ("credHelpers", name));
        let store = self.file.creds_store.as_ref().map(|name| ("credsStore", name));
        let named = own.or(store).filter(|(_, name)| !name.is_empty());
        let Some((setting, name)) = named.map(|(setting, name)| (setting, name.clone())) else {
            return stored::find(&self.file.auths, registry).unwrap_or_else(|message| {
                self.fail("config.json", message);
                None
            });
        };
        let helper = self.helper(setting, &name)?;
        match helper.get(registry).await {
            Ok(found) => found,
            Err(message) => {
                let message =
                    format!("{message} ({setting} in config.json names this credential helper)");
                self.fail(helper.command("get"), message);
                None
            }
        }
    }

    async fn every(&mut self) -> Vec<(String, RegistryAuth)> {
        let mut registries: Vec<String> = self.variable.keys().cloned().collect();
        registries.extend(self.file.auths.keys().cloned());
        registries.extend(self.file.cred_helpers.keys().cloned());
        let store = self.file.creds_store.clone().filter(|name| !name.is_empty());
        if let Some(helper) = store.and_then(|name| self.helper("credsStore", &name)) {
            match helper.list().await {
                Ok(listed) => registries.extend(listed),
                Err(message) => {
                    let message = format!(
                        "{message} (credsStore in config.json names this credential helper)"
                    );
                    self.fail(helper.command("list"), message);
                }
            }
        }
        registries.retain(|registry| is_registry(registry));
        registries.sort();
        registries.dedup();
        let mut all = Vec::new();
        for registry in registries {
            if let Some(auth) = self.find(&registry).await {
                all.push((registry, auth));
            }
        }
        all
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::time::Duration;

    use super::super::HUB;
    use super::*;

    /// A directory for `config.json` and programs, and the environment that leads to it.
    struct Home(tempfile::TempDir);

    impl Home {
        fn new(config: &str) -> Self {
            let directory = tempfile::tempdir().unwrap();
            std::fs::write(directory.path().join("config.json"), config).unwrap();
            Self(directory)
        }

        /// Puts a program there that keeps credentials.
        fn helper(self, name: &str, script: &str) -> Self {
            let path = self.0.path().join(format!("docker-credential-{name}"));
            std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
            self
        }

        fn credentials(&self, variable: &str) -> Credentials {
            let directory = self.0.path().to_str().unwrap();
            let path = format!("{directory}:/usr/bin:/bin");
            let variables =
                [("DOCKER_CONFIG", directory), ("PATH", &path), ("DOCKER_AUTH_CONFIG", variable)];
            Credentials::new(variables.into_iter().collect(), Warnings::default())
        }

        async fn find(&self, registry: &str) -> Option<RegistryAuth> {
            self.credentials("").get(registry).await.unwrap()
        }

        /// Looks up the credentials of `r`, which are not found, and returns the only warning.
        async fn warning(&self) -> String {
            let credentials = self.credentials("");
            let (found, reasons) = credentials.find("r").await;
            assert_eq!(found, None);
            let warnings = credentials.warnings();
            assert_eq!(warnings.len(), 1, "{warnings:?}");
            assert_eq!(reasons, [warnings[0].to_string()]);
            reasons[0].clone()
        }
    }

    fn password(user: &str, password: &str, server: &str) -> Option<RegistryAuth> {
        Some(RegistryAuth::password(user, password).server(server))
    }

    #[tokio::test]
    async fn the_file_is_searched_by_key_and_by_host() {
        let home = Home::new(
            r#"{"auths":{"https://index.docker.io/v1/":{"auth":"dTpwOnE="},
            "https://r.example.com/v2/":{"auth":"dTpwAAA="},
            "t:5000":{"identitytoken":"tok","auth":"dTpw"},"plain":{"username":"a","password":"b"},"empty":{}}}"#,
        );
        assert_eq!(home.find("docker.io").await, password("u", "p:q", HUB));
        assert_eq!(home.find("index.docker.io").await, password("u", "p:q", HUB));
        assert_eq!(home.find("r.example.com").await, password("u", "p", "r.example.com"));
        let token = RegistryAuth::identity_token("tok").server("t:5000");
        assert_eq!(home.find("t:5000").await, Some(token));
        assert_eq!(home.find("plain").await, password("a", "b", "plain"));
        for none in ["empty", "t", "other", "registry-1.docker.io", "PLAIN"] {
            assert_eq!(home.find(none).await, None, "{none}");
        }
    }

    #[tokio::test]
    async fn broken_credentials_are_a_warning_that_does_not_show_them() {
        for auth in ["aHVudGVyMg==", "hunter2??"] {
            let home = Home::new(&format!(
                r#"{{"auths":{{"r":{{"auth":"{auth}"}},"s":{{"auth":"dTpw"}}}}}}"#
            ));
            let warning = home.warning().await;
            assert!(warning.contains("the credentials for \"r\""), "{warning}");
            assert!(warning.contains("docker login") && !warning.contains("hunter2"), "{warning}");
            let all = home.credentials("").all().await.unwrap();
            assert_eq!(all.len(), 1, "a build is given the others");
        }
    }

    #[tokio::test]
    async fn programs_keep_credentials_and_tokens() {
        let home = Home::new(r#"{"auths":{"r":{}},"credsStore":"all","credHelpers":{"g":"one"}}"#)
            .helper("all", r#"read key; echo '{"ServerURL":"'$key'","Username":"u","Secret":"p"}'"#)
            .helper("one", r#"echo '{"Username":"<token>","Secret":"tok"}'"#);
        assert_eq!(home.find("r").await, password("u", "p", "r"));
        assert_eq!(home.find("docker.io").await, password("u", "p", HUB));
        let token = RegistryAuth::identity_token("tok").server("g");
        assert_eq!(home.find("g").await, Some(token));
    }

    #[tokio::test]
    async fn what_a_program_does_not_keep_is_not_even_a_warning() {
        for script in [
            "echo 'credentials not found in native keychain'; exit 1",
            "echo 'credentials not found in native keychain'; echo 'a warning' >&2; exit 1",
            r#"echo '{"Username":"","Secret":""}'"#,
            r#"echo '{"Username":null,"Secret":null}'"#,
            "echo null",
        ] {
            let home = Home::new(r#"{"credsStore":"x"}"#).helper("x", script);
            let credentials = home.credentials("");
            assert_eq!(credentials.find("r").await, (None, Vec::new()), "{script}");
            assert_eq!(credentials.warnings(), [], "{script}");
        }
    }

    #[tokio::test]
    async fn a_program_that_fails_is_a_warning_that_shows_nothing_of_its_output() {
        for (script, what) in [
            ("echo hunter2 >&2; exit 1", "it failed with exit status: 1"),
            ("echo hunter2; exit 1", "it failed with exit status: 1"),
            (
                r#"echo '{"Username":"u","Secret":"hunter2"}'; exit 1"#,
                "it failed with exit status: 1",
            ),
            ("echo hunter2", "its output is not the expected JSON"),
            (r#"echo '{"Secret":["hunter2"]}'"#, "its output is not the expected JSON"),
            ("kill -9 $$", "signal: 9"),
            (
                "echo 'no credentials server URL'; exit 1",
                "it reports \"no credentials server URL\"",
            ),
            ("yes hunter2", "its output is longer than 1048576 bytes"),
        ] {
            let home = Home::new(r#"{"credsStore":"x"}"#).helper("x", script);
            let warning = home.warning().await;
            assert!(warning.starts_with("docker-credential-x get: "), "{script}: {warning}");
            assert!(
                warning.contains(what) && warning.contains("credsStore"),
                "{script}: {warning}"
            );
            assert!(!warning.contains("hunter2"), "{warning}");
        }
        let warning = Home::new(r#"{"credHelpers":{"r":"missing"}}"#).warning().await;
        let expected = "docker-credential-missing get: it cannot be run: ";
        assert!(warning.starts_with(expected) && warning.contains("credHelpers"), "{warning}");
        let warning = Home::new(r#"{"credsStore":"../hunter2"}"#).warning().await;
        assert!(warning.starts_with("credsStore of config.json: expected"), "{warning}");
        assert!(!warning.contains("hunter2"), "{warning}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_program_that_hangs_is_killed_with_what_it_has_started() {
        let home = Home::new(r#"{"credsStore":"x"}"#)
            .helper("x", "sleep 1000 & echo $! >\"$0.child\"; echo $$ >\"$0.own\"; wait");
        let find = home.warning();
        // Time is paused until the program has started.
        let own = home.0.path().join("docker-credential-x.own");
        let begun = async {
            while !std::fs::read_to_string(&own).is_ok_and(|text| text.ends_with('\n')) {
                tokio::task::yield_now().await;
            }
        };
        let (warning, ()) = futures_util::future::join(find, begun).await;
        assert!(warning.contains("did not exit within 60s and was killed"), "{warning}");
        for name in ["own", "child"] {
            let path = home.0.path().join(format!("docker-credential-x.{name}"));
            wait_for_end(std::fs::read_to_string(path).unwrap().trim());
        }
    }

    #[test]
    fn a_runtime_that_is_dropped_does_not_wait_for_a_program() {
        let home =
            Home::new(r#"{"credsStore":"x"}"#).helper("x", "echo $$ >\"$0.own\"; exec sleep 1000");
        let credentials = home.credentials("");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let own = home.0.path().join("docker-credential-x.own");
        runtime.spawn(async move { credentials.find("r").await });
        runtime.block_on(async {
            while !std::fs::read_to_string(&own).is_ok_and(|text| text.ends_with('\n')) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        });
        drop(runtime);
        wait_for_end(std::fs::read_to_string(own).unwrap().trim());
    }

    /// Waits until a process has ended; another one reaps it.
    fn wait_for_end(process: &str) {
        let ended = || {
            let stat = std::fs::read_to_string(format!("/proc/{process}/stat"));
            stat.map_or(true, |stat| stat.contains(") Z "))
        };
        let begin = std::time::Instant::now();
        while !ended() {
            assert!(begin.elapsed() < Duration::from_secs(10), "{process} is still there");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    #[tokio::test]
    async fn a_program_whose_output_another_process_holds_open_is_not_waited_for() {
        let home = Home::new(r#"{"credsStore":"x"}"#)
            .helper("x", r#"sleep 20 2>/dev/null & echo '{"Username":"u","Secret":"p"}'"#);
        let begin = std::time::Instant::now();
        assert_eq!(home.find("r").await, password("u", "p", "r"));
        assert!(begin.elapsed() < Duration::from_secs(10));
    }

    #[tokio::test]
    async fn the_variable_comes_first_and_is_a_warning_if_it_is_broken() {
        let home = Home::new(r#"{"auths":{"r":{"auth":"dTpw"}}}"#);
        let find = async |variable: &str| {
            let credentials = home.credentials(variable);
            let found = credentials.get("r").await.unwrap();
            let warnings: Vec<_> = credentials.warnings().iter().map(ToString::to_string).collect();
            (found, warnings.join("\n"))
        };
        let (found, warnings) = find(r#"{"auths":{"r":{"auth":"djp3"}}}"#).await;
        assert_eq!((found, &*warnings), (password("v", "w", "r"), ""));
        assert_eq!(find(r#"{"auths":null}"#).await, (password("u", "p", "r"), String::new()));
        for (variable, what) in [
            ("{", "cannot be parsed (line 1"),
            // A password without the object around it.
            ("\"hunter2\"", "cannot be parsed (line 1"),
            (r#"{"auths":{"r":"hunter2"}}"#, "`auths` is ignored"),
            (r#"{"auths":{"r":{"auth":"hunter2??"}}}"#, "the credentials for \"r\""),
            (r#"{"credHelpers":{"r":"hunter2"}}"#, "`credHelpers` is ignored"),
            (r#"{"hunter2":1}"#, "everything except `auths` is ignored"),
        ] {
            let (found, warnings) = find(variable).await;
            assert_eq!(found, password("u", "p", "r"), "{variable}");
            assert!(warnings.starts_with("DOCKER_AUTH_CONFIG: "), "{variable}: {warnings}");
            assert!(warnings.contains(what) && !warnings.contains("hunter2"), "{warnings}");
        }
    }

    #[tokio::test]
    async fn all_credentials_that_can_be_read_are_found_for_a_build() {
        let config = r#"{"auths":{"r":{"auth":"dTpw"},"https://index.docker.io/v1/access-token":{"auth":"dTpw"}},
            "credHelpers":{"g":"one","h":"broken","i":"missing"}}"#;
        let home = Home::new(config)
            .helper("one", r#"echo '{"Username":"a","Secret":"b"}'"#)
            .helper("broken", "exit 1");
        let (all, reasons) = home.credentials("").every().await;
        let all: Vec<_> = all.into_iter().map(|(registry, _)| registry).collect();
        assert_eq!(all, ["g", "r"]);
        assert_eq!(reasons.len(), 2, "{reasons:?}");
        for script in ["exit 1", "echo null", "echo hunter2"] {
            let home = Home::new(r#"{"auths":{"r":{}},"credsStore":"x"}"#).helper(
                "x",
                &format!(
                    "[ $1 = get ] && echo '{{\"Username\":\"a\",\"Secret\":\"b\"}}' || {script}"
                ),
            );
            let (all, reasons) = home.credentials("").every().await;
            assert_eq!(all.len(), 1, "{script}");
            assert_eq!(reasons.is_empty(), script == "echo null", "{script}: {reasons:?}");
        }
    }
}
