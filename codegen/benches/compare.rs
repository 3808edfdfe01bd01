//! How long comparing takes: reading the documents, each step of a range and its sum, the history, the page.
//!
//! `cargo bench -p codegen --bench compare`. The whole range from 1.35 to 1.55 is to stay under a second.

#![allow(missing_docs, reason = "criterion's macros make public items")]
#![allow(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

use std::path::Path;

use codegen::{
    compare::{
        History, compare,
        model::Api,
        report::{Comparison, Filter, Report, html, text},
    },
    versions::ApiVersion,
};
use criterion::{Criterion, criterion_group, criterion_main};

fn texts() -> Vec<(ApiVersion, String)> {
    let path =
        |minor| Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../spec/v1.{minor}.json"));
    (35..=55)
        .map(|minor| (ApiVersion::new(1, minor), std::fs::read_to_string(path(minor)).unwrap()))
        .collect()
}

fn read(texts: &[(ApiVersion, String)]) -> Vec<(ApiVersion, Api)> {
    let read = |(version, text): &(ApiVersion, String)| {
        let label = version.to_string();
        let document = codegen::swagger::read(text, &label).unwrap();
        (*version, Api::read(label, &document).unwrap())
    };
    texts.iter().map(read).collect()
}

fn range(apis: &[(ApiVersion, Api)]) -> Report {
    let comparison = |old: &Api, new: &Api| Comparison {
        from: old.label.clone(),
        to: new.label.clone(),
        changes: compare(old, new),
    };
    let steps = apis.windows(2).map(|pair| comparison(&pair[0].1, &pair[1].1)).collect();
    Report { steps, total: Some(comparison(&apis[0].1, &apis[apis.len() - 1].1)) }
}

fn benches(criterion: &mut Criterion) {
    let texts = texts();
    let apis = read(&texts);
    let mut group = criterion.benchmark_group("1.35..1.55");
    group.sample_size(10);
    group.bench_function("read", |bencher| bencher.iter(|| read(&texts)));
    group.bench_function("compare", |bencher| bencher.iter(|| range(&apis)));
    group.bench_function("read, compare and render", |bencher| {
        bencher.iter(|| text::render(&range(&read(&texts)), &Filter::default(), false));
    });
    group.bench_function("history", |bencher| {
        let apis: Vec<_> = apis.iter().map(|(version, api)| (*version, api)).collect();
        bencher.iter(|| History::new(&apis));
    });
    group.bench_function("page", |bencher| {
        let apis: Vec<_> = apis.iter().map(|(_, api)| api).collect();
        bencher.iter(|| html::render(&apis).unwrap());
    });
    group.finish();
}

criterion_group!(all, benches);
criterion_main!(all);
