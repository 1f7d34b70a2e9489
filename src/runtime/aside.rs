//! Work that blocks, done aside: disks and long sums hold up no task that waits for an answer.

/// Does work on a thread of its own; `None` where the program is ending.
#[expect(
    clippy::disallowed_methods,
    reason = "runtime is the room that has tasks; this is its one way aside"
)]
pub(super) async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    tokio::task::spawn_blocking(work).await.ok()
}
