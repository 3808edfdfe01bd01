//! The responses of the fake engine. Each is prepared once, when the engine starts or at the first request.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use anyhow::{Context, Result, bail};

use super::head::Head;
use crate::fixture::{self, Block};

/// The headers that a real engine sends with each reply.
const COMMON: &str = "Api-Version: 1.52\r\nDocker-Experimental: false\r\nOstype: linux\r\n\
                      Server: Docker/29.0.0 (linux)\r\nDate: Thu, 13 Nov 2025 02:13:20 GMT\r\n";

const JSON: &str = "application/json";
const FRAMES: &str = "application/vnd.docker.multiplexed-stream";
const RAW: &str = "application/vnd.docker.raw-stream";

pub(super) enum Reply {
    /// Head and body in one piece.
    Canned(Rc<[u8]>),
    /// A body in chunks: the items of a block, repeated up to a number of items.
    Stream { head: String, block: Rc<Block>, count: u64 },
    /// The connection is upgraded to a raw stream that sends back what it receives.
    Echo,
}

/// The prepared responses by request.
#[derive(Default)]
pub(super) struct Replies {
    canned: RefCell<HashMap<String, Rc<[u8]>>>,
    blocks: RefCell<HashMap<String, Rc<Block>>>,
}

impl Replies {
    /// Returns the response to a request whose body had `received` bytes.
    pub(super) fn to(&self, head: &Head, received: u64) -> Result<Reply> {
        let segments: Vec<&str> = head.path.split('/').skip(1).collect();
        Ok(match (head.method.as_str(), segments.as_slice()) {
            ("HEAD", ["_ping"]) => self.canned("HEAD /_ping", || {
                format!("HTTP/1.1 200 OK\r\n{COMMON}Content-Type: text/plain; charset=utf-8\r\nContent-Length: 0\r\n\r\n").into()
            }),
            ("GET", ["_ping"]) => {
                self.canned("/_ping", || whole("text/plain; charset=utf-8", b"OK"))
            }
            ("GET", ["version"]) => {
                self.canned("/version", || whole(JSON, fixture::version().to_string().as_bytes()))
            }
            ("GET", ["containers", "json"]) => {
                let limit = number(head.query("limit"))?;
                self.canned(&format!("list {limit}"), || {
                    whole(JSON, fixture::containers(limit as usize).to_string().as_bytes())
                })
            }
            ("GET", ["containers", _, "json"]) => {
                self.canned("inspect", || whole(JSON, fixture::inspect().to_string().as_bytes()))
            }
            ("GET", ["containers", name, "logs"]) => self.logs(name)?,
            ("POST", ["containers", _, "attach"]) => Reply::Echo,
            ("GET", ["events"]) => {
                let count = number(head.query("until"))?;
                self.items(JSON, "events", count, || fixture::block_of(fixture::event))
            }
            ("POST", ["images", "create"]) => self.pull(head.query("fromImage"))?,
            ("GET", ["containers", name, "export"]) => {
                let pieces = number(name.strip_prefix("bytes-"))? / EXPORT_PIECE as u64;
                self.items("application/x-tar", "export", pieces, || {
                    let mut block = Block::default();
                    let piece = fixture::text(EXPORT_PIECE);
                    (0..16).for_each(|_| block.chunk(piece.as_bytes()));
                    block
                })
            }
            ("POST", ["images", "load"] | ["build"]) => {
                let text = format!("{{\"stream\":\"received {received} bytes\"}}\r\n");
                Reply::Canned(whole(JSON, text.as_bytes()).into())
            }
            _ => bail!("no reply to {} {}", head.method, head.path),
        })
    }

    /// `frames-SIZE-COUNT`, `packed-SIZE-COUNT` or `line-BYTES`.
    fn logs(&self, name: &str) -> Result<Reply> {
        let mut parts = name.split('-');
        let kind = parts.next().unwrap_or_default();
        let size = number(parts.next())?;
        Ok(match kind {
            "line" => self.items(RAW, "line", size / LINE_PIECE as u64, || {
                let mut block = Block::default();
                let piece = fixture::text(LINE_PIECE);
                (0..16).for_each(|_| block.chunk(piece.as_bytes()));
                block
            }),
            "frames" | "packed" => {
                let count = number(parts.next())?;
                self.items(FRAMES, &format!("{kind}-{size}"), count, || {
                    fixture::frames(size as usize, kind == "packed")
                })
            }
            _ => bail!("no logs {name:?}"),
        })
    }

    /// `progress-COUNT` or `value-BYTES`.
    fn pull(&self, image: Option<&str>) -> Result<Reply> {
        let (kind, size) = image.unwrap_or_default().split_once('-').unwrap_or_default();
        let size = number(Some(size))?;
        Ok(match kind {
            "progress" => {
                self.items(JSON, "progress", size, || fixture::block_of(fixture::progress))
            }
            "value" => {
                // Creating a large value takes longer than sending it.
                let block = self.block(&format!("value-{size}"), || {
                    let mut block = Block::default();
                    let text = format!("{}\r\n", fixture::large_value(size as usize));
                    text.as_bytes().chunks(VALUE_PIECE).for_each(|piece| block.chunk(piece));
                    block
                });
                let count = block.len() as u64;
                Reply::Stream { head: chunked(JSON), block, count }
            }
            _ => bail!("no image {image:?}"),
        })
    }

    fn canned(&self, name: &str, make: impl FnOnce() -> Vec<u8>) -> Reply {
        if let Some(bytes) = self.canned.borrow().get(name) {
            return Reply::Canned(bytes.clone());
        }
        let bytes: Rc<[u8]> = make().into();
        self.canned.borrow_mut().insert(name.to_owned(), bytes.clone());
        Reply::Canned(bytes)
    }

    fn items(
        &self,
        content_type: &str,
        name: &str,
        count: u64,
        make: impl FnOnce() -> Block,
    ) -> Reply {
        Reply::Stream { head: chunked(content_type), block: self.block(name, make), count }
    }

    fn block(&self, name: &str, make: impl FnOnce() -> Block) -> Rc<Block> {
        let mut blocks = self.blocks.borrow_mut();
        blocks.entry(name.to_owned()).or_insert_with(|| make().into()).clone()
    }
}

/// The size of a chunk of an export, as the engine copies it.
const EXPORT_PIECE: usize = 32 * 1024;

/// The size of a chunk of a log without frames, which is the maximum size of an entry in the engine.
const LINE_PIECE: usize = 16 * 1024;

/// The size of a chunk of a value that is longer than one write of an engine or a proxy.
const VALUE_PIECE: usize = 16 * 1024;

fn number(text: Option<&str>) -> Result<u64> {
    let text = text.unwrap_or_default();
    text.parse().with_context(|| format!("a number is expected: {text:?}"))
}

fn whole(content_type: &str, body: &[u8]) -> Vec<u8> {
    let mut reply = format!(
        "HTTP/1.1 200 OK\r\n{COMMON}Content-Type: {content_type}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    reply.extend_from_slice(body);
    reply
}

fn chunked(content_type: &str) -> String {
    format!(
        "HTTP/1.1 200 OK\r\n{COMMON}Content-Type: {content_type}\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
}
