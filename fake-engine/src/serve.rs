//! HTTP on one connection: reads requests, records them, writes replies.

use std::io;

use futures_util::StreamExt as _;
use tokio::io::AsyncWriteExt as _;

use crate::connection::{Break, Connection};
use crate::reply::{After, Body, Piece, Reply};
use crate::request::Request;
use crate::script::Script;

/// Whether the connection accepts another request.
#[derive(PartialEq)]
enum Next {
    Request,
    End,
}

/// Serves requests until the connection ends.
pub(crate) async fn serve(mut connection: Connection, script: &Script) {
    // An error of one client ends its connection alone.
    let _ = requests(&mut connection, script).await;
}

async fn requests(connection: &mut Connection, script: &Script) -> io::Result<()> {
    while let Some(mut request) = connection.read_head().await? {
        let length = request.length();
        if let Some(reply) = script.before_body(&request) {
            script.record(&request);
            let next = send(connection, script, &request, reply).await?;
            if next == Next::End {
                return Ok(());
            }
            connection.read_body(length).await?;
            continue;
        }
        request.body = connection.read_body(length).await?;
        script.record(&request);
        let reply = script.answer(&request);
        if send(connection, script, &request, reply).await? == Next::End {
            return Ok(());
        }
    }
    Ok(())
}

/// Writes a reply, and then handles the connection as the reply requires.
async fn send(
    connection: &mut Connection,
    script: &Script,
    request: &Request,
    mut reply: Reply,
) -> io::Result<Next> {
    tokio::time::sleep(reply.delay).await;
    if let Some(bytes) = reply.write_size {
        connection.write_at_most(bytes);
    }
    if let Some((bytes, how)) = reply.break_after {
        connection.break_after(bytes, how);
    }
    script.complete(&mut reply);
    let upgrade = reply.upgrade.take();
    let ends = reply.ends_connection() || request.wants_close();
    let (after, afterwards) = (reply.after, std::mem::take(&mut reply.afterwards));
    write(connection, request, reply).await?;
    for piece in afterwards {
        write_piece(connection, piece, false).await?;
    }
    connection.flush().await?;
    if let Some(handle) = upgrade {
        handle(connection.take()).await;
        return Ok(Next::End);
    }
    match after {
        After::Keep if !ends => Ok(Next::Request),
        After::Keep => {
            connection.shutdown().await?;
            Ok(Next::End)
        }
        After::End(how) => {
            end(connection, how).await;
            Ok(Next::End)
        }
    }
}

async fn write(connection: &mut Connection, request: &Request, reply: Reply) -> io::Result<()> {
    if let Body::Raw(bytes) = &reply.body {
        return connection.write_all(bytes).await;
    }
    let chunked = reply.framing == crate::Framing::Chunked;
    let mut begin = reply.prelude.to_vec();
    begin.extend_from_slice(reply.head().as_bytes());
    if reply.has_no_body(request.method()) {
        return connection.write_all(&begin).await;
    }
    if let (Body::Whole(body), false) = (&reply.body, chunked) {
        // One write, as an engine does it with a small reply.
        begin.extend_from_slice(body);
        return connection.write_all(&begin).await;
    }
    connection.write_all(&begin).await?;
    let trailers = reply.trailers;
    let mut pieces = reply.body.into_pieces();
    while let Some(piece) = pieces.next().await {
        write_piece(connection, piece, chunked).await?;
        // The client reads each piece before the next one is written.
        tokio::task::yield_now().await;
    }
    if chunked {
        let mut end = "0\r\n".to_owned();
        for (name, value) in &trailers {
            end += &format!("{name}: {value}\r\n");
        }
        connection.write_all((end + "\r\n").as_bytes()).await?;
    }
    Ok(())
}

async fn write_piece(connection: &mut Connection, piece: Piece, chunked: bool) -> io::Result<()> {
    match piece {
        // An empty chunk would end the body.
        Piece::Bytes(bytes) if bytes.is_empty() => {}
        Piece::Bytes(bytes) if chunked => {
            let mut chunk = format!("{:x}\r\n", bytes.len()).into_bytes();
            chunk.extend_from_slice(&bytes);
            chunk.extend_from_slice(b"\r\n");
            connection.write_all(&chunk).await?;
        }
        Piece::Bytes(bytes) => connection.write_all(&bytes).await?,
        Piece::Pause(time) => {
            connection.flush().await?;
            tokio::time::sleep(time).await;
            return Ok(());
        }
        Piece::Break(how) => {
            end(connection, how).await;
            return Err(io::ErrorKind::BrokenPipe.into());
        }
    }
    connection.flush().await
}

/// Ends the connection, or keeps it open without sending until the engine stops.
async fn end(connection: &mut Connection, how: Break) {
    if how == Break::Stall {
        std::future::pending::<()>().await;
    }
    let _ = connection.flush().await;
    connection.end(how);
}
