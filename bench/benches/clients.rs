//! Criterion benchmarks of docker-client beside bollard and pooled hyper, for single cases while the code is changed.
//!
//! `cargo bench -p bench -- unix/ping`. Published figures come from `cargo xtask bench`, in which the clients take turns.

#![allow(missing_docs, reason = "criterion's macros make public items")]
#![allow(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

use std::time::Instant;

use bench::case;
use bench::clients::{Client, ClientKind};
use bench::engine::Process;
use bench::summary::Summary;
use criterion::{Criterion, criterion_group, criterion_main};
use docker_client::prelude::*;
use docker_client::{Docker, Host, RegistryAuth};
use tokio::runtime::{Builder, Runtime};

fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

/// The work of one task, one piece after the other, with short streams.
fn clients(criterion: &mut Criterion) {
    let engine = Process::start().unwrap();
    let runtime = runtime();
    for case in case::all(true).into_iter().filter(|case| case.tasks == 0) {
        let mut group = criterion.benchmark_group(&case.id);
        group.sample_size(20);
        for kind in case.clients().iter().filter(|kind| **kind != ClientKind::Socket) {
            let client = Client::connect(*kind, &engine, case.transport).unwrap();
            group.bench_function(kind.to_string(), |bencher| {
                bencher.iter_custom(|count| {
                    let started = Instant::now();
                    runtime.block_on(async {
                        let mut summary = Summary::counting();
                        for _ in 0..count {
                            client.run(case.work, &mut summary).await.unwrap();
                        }
                    });
                    started.elapsed()
                });
            });
        }
        group.finish();
    }
}

/// The header with credentials, and a pull that looks them up among a hundred registries, beside one that does not.
fn credentials(criterion: &mut Criterion) {
    let auth = RegistryAuth::password("user", "p?ss~w>rd").server("registry.example.com");
    criterion
        .bench_function("registry-auth/docker-client", |bencher| bencher.iter(|| auth.to_header()));
    let engine = Process::start().unwrap();
    let entries: Vec<String> = (0..100)
        .map(|at| format!("\"registry-{at}.example.com\":{{\"auth\":\"dXNlcjpzZWNyZXQ=\"}}"))
        .collect();
    let text = format!("{{\"auths\":{{{}}}}}", entries.join(","));
    std::fs::write(engine.directory().join("config.json"), text).unwrap();
    let builder = || {
        Docker::builder()
            .environment([("DOCKER_CONFIG", engine.directory().display().to_string())])
            .host(Host::Unix(engine.socket()))
    };
    let runtime = runtime();
    for (name, docker) in [
        ("credentials/stored", builder().connect().unwrap()),
        ("credentials/none", builder().without_credentials().connect().unwrap()),
    ] {
        criterion.bench_function(name, |bencher| {
            bencher.iter(|| {
                let pull = docker.image_create().from_image("progress-1");
                runtime.block_on(pull.finish()).unwrap();
            });
        });
    }
}

criterion_group!(benches, clients, credentials);
criterion_main!(benches);
