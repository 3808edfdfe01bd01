//! Processes items in parallel, one per processor.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::{sync::mpsc, thread};

/// Calls `work` for each item, and passes the results to `take` in order of completion.
///
/// # Errors
///
/// Returns the first error of `take`, after which no further item is started.
///
/// # Panics
///
/// `work` panics.
pub fn each<T: Sync, R: Send, E>(
    items: &[T],
    work: impl Fn(&T) -> R + Sync,
    mut take: impl FnMut(R) -> Result<(), E>,
) -> Result<(), E> {
    let threads = thread::available_parallelism().map_or(1, usize::from).min(items.len());
    let next = AtomicUsize::new(0);
    let (done, results) = mpsc::sync_channel(threads);
    thread::scope(|scope| {
        for _ in 0..threads {
            let done = done.clone();
            let (work, next) = (&work, &next);
            scope.spawn(move || {
                while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if done.send(work(item)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(done);
        results.into_iter().try_for_each(&mut take)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_done_once_and_nothing_after_an_error() {
        let items: Vec<usize> = (0..1000).collect();
        let mut doubled = Vec::new();
        let done: Result<(), ()> = each(
            &items,
            |item| item * 2,
            |double| {
                doubled.push(double);
                Ok(())
            },
        );
        doubled.sort_unstable();
        assert_eq!((done, doubled), (Ok(()), items.iter().map(|item| item * 2).collect()));

        let begun = AtomicUsize::new(0);
        let failed = each(&items, |_| begun.fetch_add(1, Ordering::Relaxed), |_| Err("no"));
        assert_eq!(failed, Err("no"));
        assert!(begun.into_inner() < items.len());
        assert_eq!(each(&[0; 0], |_| (), |()| Err("none")), Ok(()));
    }
}
