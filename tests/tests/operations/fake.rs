//! A fake engine, for operations that none of the real ones can perform.

use docker_client::{ApiVersion, Docker};
use engines::case::Stop;
use fake_engine::{FakeEngine, InOrder, Reply};

/// Starts an engine that expects these requests in this order, and a client of it that uses this API version.
pub(crate) fn engine(
    version: &str,
    exchanges: impl IntoIterator<Item = (&'static str, Reply)>,
) -> Result<(FakeEngine, Docker), Stop> {
    let version: ApiVersion = version.parse()?;
    let engine = FakeEngine::builder().in_memory().answer(InOrder::new(exchanges))?;
    let dialer = engine.dialer().ok_or("the engine is not in memory")?;
    let build = Docker::builder().environment([("", ""); 0]).api_version(version);
    let build = build.host("unix:///fake.sock".parse()?);
    let docker = build.connector(move || std::future::ready(dialer.dial())).connect()?;
    Ok((engine, docker))
}
