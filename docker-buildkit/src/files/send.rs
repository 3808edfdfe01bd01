//! The sending side of a transfer.

use std::ops::ControlFlow;
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::mpsc;
use tokio::task::{JoinError, spawn_blocking};

use super::mode::{Kind, kind};
use super::packets::{AHEAD, Packets, frame};
use super::read::{Files, read};
use super::{Failure, FileError, Selection, Tree};
use crate::grpc::{Messages, Sink};
use crate::proto::files::{Packet, Stat, kind as packet};

/// Sends the selected entries of a tree, and the contents of the files among them that the receiver requests.
///
/// The tree is walked and files are read on blocking threads. Dropping the future ends both.
///
/// # Errors
///
/// The first entry that cannot be read ends the transfer, and the receiver gets an error that names it: a build must
/// not continue with a file that is missing or empty.
pub(crate) async fn send(
    tree: Tree,
    selection: Selection,
    sink: &mut Sink,
    messages: &mut Messages,
) -> Result<(), Failure> {
    let (frames, mut outgoing) = mpsc::channel(AHEAD);
    let (want, wanted) = mpsc::unbounded_channel();
    let files = Arc::new(Files::default());

    let walker = spawn_blocking({
        let (tree, files, packets) =
            (tree.clone(), Arc::clone(&files), Packets::new(frames.clone()));
        move || describe(&tree, &selection, &files, packets)
    });
    let reader = spawn_blocking({
        let (files, packets) = (Arc::clone(&files), Packets::new(frames.clone()));
        move || read(&tree, &files, wanted, packets)
    });

    let writing = async {
        while let Some(frame) = outgoing.recv().await {
            sink.send_frames(frame).await?;
        }
        Ok(())
    };
    let threads = async {
        let fault = first_fault(walker, reader).await;
        Err::<(), _>(fault)
    };
    let exchange = async {
        tokio::select! {
            // The requests continue while the last frames are written.
            result = requests(messages, want, frames) => result,
            Err(Some(fault)) = threads => Err(Failure::FileError(fault)),
        }
    };
    let outcome = tokio::try_join!(writing, exchange);
    match outcome {
        Ok(_) => Ok(()),
        Err(Failure::FileError(fault)) => {
            let text = Bytes::from(fault.to_string());
            let error = Packet { kind: packet::ERROR, data: text, ..Packet::default() };
            sink.send(&error).await?;
            Err(Failure::FileError(fault))
        }
        Err(other) => Err(other),
    }
}

type Thread = tokio::task::JoinHandle<Result<(), FileError>>;

/// Waits for both threads, or until the first one fails.
async fn first_fault(mut walker: Thread, mut reader: Thread) -> Option<FileError> {
    let fault = |ended: Result<Result<(), FileError>, JoinError>| match ended {
        Ok(result) => result.err(),
        Err(error) => {
            Some(FileError::other("", &format!("a thread of the transfer failed: {error}")))
        }
    };
    let (first, other) = tokio::select! {
        ended = &mut walker => (fault(ended), reader),
        ended = &mut reader => (fault(ended), walker),
    };
    match first {
        Some(fault) => Some(fault),
        None => fault(other.await),
    }
}

/// Describes all entries, and sends the end of the tree.
fn describe(
    tree: &Tree,
    selection: &Selection,
    files: &Files,
    mut packets: Packets,
) -> Result<(), FileError> {
    let mut id = 0;
    let mut ended = false;
    tree.walk(selection, &mut |stat: Stat| {
        if kind(stat.mode) == Kind::File && stat.link.is_empty() {
            files.add(id, &stat);
        }
        id += 1;
        let packet = Packet { stat: Some(stat), ..Packet::default() };
        ended = packets.push(&packet).is_err();
        if ended { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    if !ended {
        // An error means that the transfer has ended.
        let _ = packets.push(&Packet::default()).and_then(|()| packets.flush());
    }
    Ok(())
}

/// Reads the messages of the receiver until it has everything.
async fn requests(
    messages: &mut Messages,
    want: mpsc::UnboundedSender<u32>,
    frames: mpsc::Sender<Bytes>,
) -> Result<(), Failure> {
    while let Some(message) = messages.next::<Packet>().await? {
        match message.kind {
            packet::REQUEST => {
                if want.send(message.id).is_err() {
                    // The reader has failed, and its error ends the transfer.
                    std::future::pending::<()>().await;
                }
            }
            packet::FINISH => {
                let finish = Packet { kind: packet::FINISH, ..Packet::default() };
                // The writer ends only when this sender and those of the threads are gone.
                let _ = frames.send(frame(&finish)?).await;
                return Ok(());
            }
            packet::ERROR => {
                return Err(Failure::Engine(String::from_utf8_lossy(&message.data).into_owned()));
            }
            other => return Err(Failure::Protocol(format!("unexpected packet of kind {other}"))),
        }
    }
    // The engine closes the call early if it has everything that it needs.
    Ok(())
}
