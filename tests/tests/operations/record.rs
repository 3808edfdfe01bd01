//! Records the operations that were called and their statuses, from the tracing spans of the client's requests.

use std::cell::RefCell;
use std::fs::OpenOptions;
use std::future::Future;
use std::io::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

use docker_client::Error;
use engines::case::Outcome;
use engines::coverage::{Call, VARIABLE};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Dispatch, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::registry::{LookupSpan, Registry};

/// What is known of a call while its span is open.
#[derive(Default)]
struct Open {
    operation: Option<String>,
    /// None until the head of the reply was there.
    status: Option<u16>,
}

type Calls = Arc<Mutex<Vec<Call>>>;

thread_local! {
    /// The calls of the test that runs on this thread.
    static CALLS: RefCell<Calls> = RefCell::default();
}

/// Runs a test, and writes down its calls where it passes.
pub(crate) async fn noting(test: impl Future<Output = Outcome>) -> Outcome {
    let calls = Calls::default();
    CALLS.set(Arc::clone(&calls));
    let subscriber = Registry::default().with(Recorder(Arc::clone(&calls)));
    // A test runs on one thread from its beginning to its end.
    let recording = tracing::dispatcher::set_default(&Dispatch::new(subscriber));
    test.await?;
    drop(recording);
    let Some(path) = std::env::var_os(VARIABLE) else { return Ok(()) };
    let mut text = String::new();
    for call in calls.lock().unwrap_or_else(PoisonError::into_inner).iter() {
        text += &(serde_json::to_string(call)? + "\n");
    }
    // Tests run in parallel, and lines that are appended in one write stay together.
    OpenOptions::new().create(true).append(true).open(path)?.write_all(text.as_bytes())?;
    Ok(())
}

/// Notes that the last call of the operation failed although its status is that of a success.
pub(crate) fn failed_in_stream(error: &Error) {
    let Error::InStream { target, .. } = error else { return };
    CALLS.with_borrow(|calls| {
        let mut calls = calls.lock().unwrap_or_else(PoisonError::into_inner);
        let call = calls.iter_mut().rev().find(|call| call.operation == target.operation().id);
        call.expect("a call of the operation that failed").failed = true;
    });
}

/// Says that a fake engine answered all calls of the test so far.
pub(crate) fn by_a_fake() {
    CALLS.with_borrow(|calls| {
        let mut calls = calls.lock().unwrap_or_else(PoisonError::into_inner);
        calls.iter_mut().for_each(|call| call.fake = true);
    });
}

/// Keeps a call for each span of a request.
struct Recorder(Calls);

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Recorder {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let metadata = attributes.metadata();
        if metadata.name() != "request" || !metadata.target().starts_with("docker_client") {
            return;
        }
        let mut call = Open::default();
        attributes.record(&mut call);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(call);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(call) = span.extensions_mut().get_mut::<Open>()
        {
            values.record(call);
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        if let Some(span) = context.span(&id)
            && let Some(Open { operation: Some(operation), status: Some(status) }) =
                span.extensions_mut().remove::<Open>()
        {
            let call = Call { operation, status, failed: false, fake: false };
            self.0.lock().unwrap_or_else(PoisonError::into_inner).push(call);
        }
    }
}

impl Visit for Open {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "operation" {
            self.operation = Some(value.to_owned());
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "status" {
            self.status = u16::try_from(value).ok();
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
}
