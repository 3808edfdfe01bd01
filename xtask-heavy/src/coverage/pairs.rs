//! The engines that the operations are called on, each with the API versions of the crates that call them.

use codegen::versions::ApiVersion;
use engines::packages::Release;
use engines::setup::Program;

/// An engine, and the API version whose crate calls its operations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pair {
    pub(super) program: Program,
    pub(super) version: ApiVersion,
}

/// For each engine the oldest and the newest version that its users request, and the one that a client negotiates down
/// from.
pub(super) const PAIRS: [Pair; 8] = [
    pair(Program::Dockerd(Release::Stable), 35),
    pair(Program::Dockerd(Release::Stable), 41),
    pair(Program::Dockerd(Release::Stable), NEGOTIATING),
    pair(Program::Dockerd(Release::Newest), 44),
    pair(Program::Dockerd(Release::Newest), 51),
    pair(Program::Dockerd(Release::Newest), NEGOTIATING),
    pair(Program::Podman(Release::Stable), NEGOTIATING),
    pair(Program::Podman(Release::Newest), NEGOTIATING),
];

/// The API version of the workspace's own docker-api.
const NEGOTIATING: u16 = 52;

const fn pair(program: Program, minor: u16) -> Pair {
    Pair { program, version: ApiVersion::new(1, minor as u32) }
}
