//! Engine tests: each is written once and runs on every engine, under the engine's name.
//!
//! An engine test is an async function from [`Context`] to [`Outcome`]. It is reported as ignored, with the reason,
//! where there is no engine, and where it calls [`skip`].

use std::error::Error as StdError;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use libtest_mimic::{Arguments, Completion, Failed, Trial};
use serde_json::{Value, json};

use crate::engine::{DockerdOptions, EngineInfo};
use crate::error::chain;
use crate::http::{Address, Client};
use crate::packages::Packages;
use crate::registry::RegistryInfo;
use crate::setup::{IMAGE, Setup};

/// The time limit of a test: one that hangs fails.
const LIMIT: Duration = Duration::from_secs(180);
/// Tests wait for engines more than they compute, so more of them run at a time than there are processors.
const THREADS: usize = 6;

/// How a test ends.
pub type Outcome = Result<(), Stop>;

/// Why a test ended early. Every error converts to a failure by `?`.
#[derive(Debug)]
pub enum Stop {
    /// It does not apply here, for this reason.
    Skip(String),
    /// It failed.
    Fail(String),
}

/// Ends a test as ignored: `return Err(skip("…"))`.
pub fn skip(reason: impl Into<String>) -> Stop {
    Stop::Skip(reason.into())
}

// `Stop` is no `Error` itself, which is what lets every error convert to it.
impl<E: Into<Box<dyn StdError + Send + Sync>>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Fail(chain(error.into().as_ref()))
    }
}

/// Calls `ask` until it returns a value; fails after 90 seconds, because a busy machine may be slow.
///
/// # Errors
///
/// The error of `ask`, or a failure that names `what` once the time has passed.
pub async fn until<T, F>(what: &str, mut ask: F) -> Result<T, Stop>
where
    F: AsyncFnMut() -> Result<Option<T>, Stop>,
{
    let begun = Instant::now();
    loop {
        if let Some(answer) = ask().await? {
            return Ok(answer);
        }
        if begun.elapsed() > Duration::from_secs(90) {
            return Err(format!("timed out waiting for {what}").into());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

type Body = Arc<dyn Fn(Context) -> Pin<Box<dyn Future<Output = Outcome>>> + Send + Sync>;

/// A test that is to run on every engine.
pub struct EngineTest {
    name: String,
    body: Body,
    exclusive: bool,
    dockerd: bool,
    podman: bool,
    images: bool,
}

impl std::fmt::Debug for EngineTest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EngineTest").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Registers a test: `test("hello", hello)`.
pub fn test<F, R>(name: &str, body: F) -> EngineTest
where
    F: Fn(Context) -> R + Send + Sync + 'static,
    R: Future<Output = Outcome> + 'static,
{
    let body: Body = Arc::new(move |context| Box::pin(body(context)));
    EngineTest {
        name: name.to_owned(),
        body,
        exclusive: false,
        dockerd: true,
        podman: false,
        images: false,
    }
}

impl EngineTest {
    /// Runs the test while no other test runs on the same engine: for prune, events, disk usage and the like.
    #[must_use]
    pub fn exclusive(mut self) -> Self {
        self.exclusive = true;
        self
    }

    /// Runs the test on podman too, which serves a part of the API and differs in much of it.
    #[must_use]
    pub fn on_podman(mut self) -> Self {
        self.podman = true;
        self
    }

    /// Runs the test also on the dockerd that keeps images in containerd's store: for what concerns images.
    #[must_use]
    pub fn of_images(mut self) -> Self {
        self.images = true;
        self
    }

    /// Runs the test on podman and nowhere else: for what only podman does.
    #[must_use]
    pub fn on_podman_alone(mut self) -> Self {
        self.dockerd = false;
        self.on_podman()
    }
}

/// The environment of a test: one engine, and the registries and files that belong to it.
#[derive(Debug, Clone)]
pub struct Context {
    engine: EngineInfo,
    client: Client,
    setup: Arc<Setup>,
    id: String,
}

impl Context {
    /// The engine's name, address and versions.
    #[must_use]
    pub fn engine(&self) -> &EngineInfo {
        &self.engine
    }

    /// The engine's address, as `DOCKER_HOST` takes it.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.engine.host
    }

    /// A plain HTTP client of the engine, to check it independently of the client under test.
    #[must_use]
    pub fn http(&self) -> &Client {
        &self.client
    }

    /// The image that every engine has.
    #[must_use]
    pub fn image(&self) -> &'static str {
        IMAGE
    }

    /// A name for a container, volume, network or repository that no other test uses.
    #[must_use]
    pub fn name(&self, what: &str) -> String {
        format!("{}-{what}", self.id)
    }

    /// A label that is this test's own. Containers, volumes and networks that have it are removed after the test.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.id
    }

    /// The configuration of a container of [`Context::image`] that runs the command and has the label.
    #[must_use]
    pub fn container(&self, command: &[&str]) -> Value {
        json!({"Image": IMAGE, "Cmd": command, "Labels": {self.label(): ""}})
    }

    /// Skips the test where the engine does not support this API version.
    ///
    /// # Errors
    ///
    /// [`Stop::Skip`], to be returned with `?`.
    pub fn since(&self, api_version: &str) -> Outcome {
        let minor = |version: &str| {
            version.split_once('.').and_then(|(_, minor)| minor.parse::<u32>().ok())
        };
        if minor(&self.engine.api_version) >= minor(api_version) {
            return Ok(());
        }
        Err(skip(format!(
            "{} supports API {}, and the test requires {api_version}",
            self.engine.name, self.engine.api_version
        )))
    }

    /// A registry on 127.0.0.1 that requires no login.
    ///
    /// # Errors
    ///
    /// [`Stop::Skip`] where none could be started.
    pub fn open_registry(&self) -> Result<&RegistryInfo, Stop> {
        self.setup
            .open_registry
            .as_ref()
            .ok_or_else(|| skip("no registry can be started on this machine"))
    }

    /// A registry on 127.0.0.1 that requires a login as the user in [`RegistryInfo::login`].
    ///
    /// # Errors
    ///
    /// [`Stop::Skip`] where none could be started.
    pub fn private_registry(&self) -> Result<&RegistryInfo, Stop> {
        self.setup
            .private_registry
            .as_ref()
            .ok_or_else(|| skip("no registry can be started on this machine"))
    }

    /// An engine of the same release that the test starts for itself.
    ///
    /// # Errors
    ///
    /// [`Stop::Skip`] where none can be started.
    pub fn own_engine(&self) -> Result<DockerdOptions<'_>, Stop> {
        match self.engine.release {
            Some(release) => Ok(DockerdOptions::new(self.packages()?, release)
                .containerd_images(self.engine.containerd_images)),
            None => Err(skip("the engine is not one that the tests can start")),
        }
    }

    /// The programs that engines consist of.
    ///
    /// # Errors
    ///
    /// [`Stop::Skip`] where there are none.
    pub fn packages(&self) -> Result<&Packages, Stop> {
        self.setup
            .packages
            .as_ref()
            .ok_or_else(|| skip("no private engine can be started on this machine"))
    }
}

/// Runs the tests on every engine of the [`Setup`], as `main` of a test binary with `harness = false`.
#[must_use]
pub fn main(tests: Vec<EngineTest>) -> ExitCode {
    match Setup::read() {
        Ok(setup) => run_on(tests, setup),
        Err(error) => {
            eprintln!("error: {}", chain(&error));
            ExitCode::FAILURE
        }
    }
}

/// Reports the tests as ignored, for this reason, as `main` of a test binary with `harness = false`.
#[must_use]
pub fn ignored(tests: Vec<EngineTest>, reason: &str) -> ExitCode {
    run_on(tests, Setup::without_engines(reason.to_owned()))
}

fn run_on(tests: Vec<EngineTest>, setup: Setup) -> ExitCode {
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert(THREADS);
    libtest_mimic::run(&arguments, trials(tests, &Arc::new(setup))).exit_code()
}

fn trials(tests: Vec<EngineTest>, setup: &Arc<Setup>) -> Vec<Trial> {
    if setup.engines.is_empty() {
        let reason = setup.absent.clone().unwrap_or_else(|| "no engine".to_owned());
        let ignored = |test: EngineTest| {
            let reason = reason.clone();
            Trial::ignorable_test(format!("engine::{}", test.name), move || {
                Ok(Completion::ignored_with(reason))
            })
        };
        return tests.into_iter().map(ignored).collect();
    }
    let mut trials = Vec::new();
    for engine in &setup.engines {
        // Shared by the engine's tests, or held exclusively by one of them.
        let lock = Arc::new(RwLock::new(()));
        let here = |test: &&EngineTest| match engine.is_podman() {
            true => test.podman,
            false => test.dockerd && (test.images || !engine.images_alone),
        };
        for test in tests.iter().filter(here) {
            let (body, lock, exclusive) =
                (Arc::clone(&test.body), Arc::clone(&lock), test.exclusive);
            let (engine, setup) = (engine.clone(), Arc::clone(setup));
            let name = format!("{}::{}", engine.name, test.name);
            trials.push(Trial::ignorable_test(name, move || {
                let (_shared, _alone);
                if exclusive {
                    _alone = lock.write().unwrap_or_else(PoisonError::into_inner);
                } else {
                    _shared = lock.read().unwrap_or_else(PoisonError::into_inner);
                }
                run(engine, setup, &body)
            }));
        }
    }
    trials
}

fn run(engine: EngineInfo, setup: Arc<Setup>, body: &Body) -> Result<Completion, Failed> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let address =
        Address::parse(&engine.host).ok_or_else(|| format!("no address: {}", engine.host))?;
    let id = format!("t{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let context = Context { engine, client: Client::new(address), setup, id };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let limited = async { tokio::time::timeout(LIMIT, body(context.clone())).await };
    let outcome = catch_unwind(AssertUnwindSafe(|| runtime.block_on(limited)));
    let cleaned = runtime.block_on(context.client.remove_labelled(context.label()));
    match outcome {
        Err(panic) => resume_unwind(panic),
        Ok(Err(_)) => Err(format!("did not end within {} s", LIMIT.as_secs()).into()),
        Ok(Ok(Err(Stop::Fail(message)))) => Err(message.into()),
        Ok(Ok(Err(Stop::Skip(reason)))) => Ok(Completion::ignored_with(reason)),
        Ok(Ok(Ok(()))) => match cleaned {
            Ok(()) => Ok(Completion::Completed),
            Err(error) => Err(format!("cleaning up failed: {}", chain(&error)).into()),
        },
    }
}
