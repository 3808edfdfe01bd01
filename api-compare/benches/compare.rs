//! Benchmarks of the comparison: reading documents, the steps and the ends of a range, the history, the page.
//!
//! `cargo bench -p api-compare --bench compare`. The whole range from 1.35 to the newest version is to stay under a
//! second.

#![allow(missing_docs, reason = "criterion's macros make public items")]
#![allow(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

use std::path::Path;

use api_compare::{
    History, compare,
    model::Api,
    page,
    report::{Comparison, Filter, Report, text},
};
use criterion::{Criterion, criterion_group, criterion_main};

fn texts() -> Vec<(String, String)> {
    let path =
        |minor| Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../spec/v1.{minor}.json"));
    (35..)
        .map_while(|minor| Some((format!("1.{minor}"), std::fs::read_to_string(path(minor)).ok()?)))
        .collect()
}

fn read(texts: &[(String, String)]) -> Vec<Api> {
    let read = |(label, text): &(String, String)| {
        let document = swagger_reader::read(text, label).unwrap();
        Api::read(label, &document).unwrap()
    };
    texts.iter().map(read).collect()
}

fn range(apis: &[Api]) -> Report {
    let comparison = |old: &Api, new: &Api| Comparison {
        from: old.label.clone(),
        to: new.label.clone(),
        changes: compare(old, new),
    };
    let steps = apis.windows(2).map(|pair| comparison(&pair[0], &pair[1])).collect();
    Report {
        title: "Engine API".to_owned(),
        steps,
        total: Some(comparison(&apis[0], &apis[apis.len() - 1])),
    }
}

fn benches(criterion: &mut Criterion) {
    let texts = texts();
    let apis = read(&texts);
    let settings = page::Settings { title: "Engine API", rust: Some(&str::to_lowercase) };
    let mut group = criterion.benchmark_group("all supported versions");
    group.sample_size(10);
    group.bench_function("read", |bencher| bencher.iter(|| read(&texts)));
    group.bench_function("compare", |bencher| bencher.iter(|| range(&apis)));
    group.bench_function("read, compare and render", |bencher| {
        bencher.iter(|| text::render(&range(&read(&texts)), &Filter::default(), false));
    });
    group.bench_function("history", |bencher| {
        let apis: Vec<&Api> = apis.iter().collect();
        bencher.iter(|| History::new(&apis));
    });
    group.bench_function("page", |bencher| {
        let apis: Vec<&Api> = apis.iter().collect();
        bencher.iter(|| page::render(&apis, settings).unwrap());
    });
    group.finish();
}

criterion_group!(all, benches);
criterion_main!(all);
