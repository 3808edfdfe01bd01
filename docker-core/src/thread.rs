//! Runs functions that may block on separate threads.

use std::io;
use std::thread;

use tokio::sync::oneshot;

/// Runs a function that may block for any length of time, for example because it opens a FIFO or waits for a program,
/// on a new thread.
///
/// Unlike with `tokio::task::spawn_blocking`, the runtime does not wait for the function when it shuts down, so a
/// function that never returns does not keep the program from exiting. The function starts immediately, and keeps
/// running if the future is dropped.
///
/// # Errors
///
/// Returns an error if the thread cannot be started or the function panics.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> std::io::Result<()> {
/// let manifest = docker_core::on_thread(|| std::fs::read_to_string("Cargo.toml")).await??;
/// assert!(manifest.starts_with("[package]"));
/// # Ok(())
/// # }
/// ```
pub fn on_thread<T: Send + 'static>(
    function: impl FnOnce() -> T + Send + 'static,
) -> impl Future<Output = io::Result<T>> + Send + 'static {
    let (send, result) = oneshot::channel();
    let started = thread::Builder::new().name("docker".to_owned()).spawn(move || {
        // The future may have been dropped.
        let _ = send.send(function());
    });
    async move {
        started?;
        result.await.map_err(|_| io::Error::other("a function on a separate thread panicked"))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::{Duration, Instant};

    use super::*;

    #[tokio::test]
    async fn the_result_comes_and_a_panic_is_an_error() {
        assert_eq!(on_thread(|| 6 * 7).await.unwrap(), 42);
        let error = on_thread(|| -> () { panic!("of the test") }).await.unwrap_err();
        assert!(error.to_string().contains("panicked"), "{error}");
    }

    #[test]
    fn no_runtime_waits_for_a_function_that_does_not_return() {
        let (release, wait) = mpsc::channel::<()>();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.spawn(on_thread(move || wait.recv()));
        let begin = Instant::now();
        drop(runtime);
        assert!(begin.elapsed() < Duration::from_secs(5), "{:?}", begin.elapsed());
        drop(release);
    }
}
