//! The memory that decoding a response takes, relative to its length.
//!
//! One test, because it measures the peak of the whole process.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

use bytes::Bytes;
use docker_client::{BoxFuture, ByteStream, Call, Docker, Error, Reply, Transport};
use http::StatusCode;
use http_body::Frame;
use http_body_util::StreamBody;

/// A container as dockerd 28 lists it.
const CONTAINER: &str = r#"{"Id":"8dfafdbc3a40e6ee5b3c1e2a4c9d0f1b2a3948576675849302837465aabbccdd","Names":["/web-1"],"Image":"team/web:1.2.3","ImageID":"sha256:d74508fb6632491cea586a1fd7d748dfc5274cd6fdfedee309ecdcbc2bf5cb82","Command":"/usr/bin/web --listen 0.0.0.0:8080","Created":1764450000,"Ports":[{"IP":"0.0.0.0","PrivatePort":8080,"PublicPort":18080,"Type":"tcp"},{"IP":"::","PrivatePort":8080,"PublicPort":18080,"Type":"tcp"}],"Labels":{"com.example.team":"storefront","com.example.version":"1.2.3","com.example.commit":"0123456789abcdef"},"State":"running","Status":"Up 3 days","HostConfig":{"NetworkMode":"bridge"},"NetworkSettings":{"Networks":{"bridge":{"IPAMConfig":null,"Links":null,"Aliases":null,"MacAddress":"02:42:ac:11:00:02","DriverOpts":null,"GwPriority":0,"NetworkID":"b1c2d3e4f5","EndpointID":"c1d2e3f4a5","Gateway":"172.17.0.1","IPAddress":"172.17.0.2","IPPrefixLen":16,"IPv6Gateway":"","GlobalIPv6Address":"","GlobalIPv6PrefixLen":0,"DNSNames":null}}},"Mounts":[{"Type":"volume","Name":"data","Source":"/var/lib/docker/volumes/data/_data","Destination":"/data","Driver":"local","Mode":"z","RW":true,"Propagation":""}]}"#;

/// Answers every call with a list of this many containers, which is never in memory as a whole.
#[derive(Debug)]
struct List(usize);

impl Transport for List {
    fn execute(&self, _: Call) -> BoxFuture<'_, Result<Reply, Error>> {
        let count = self.0;
        let items = (0..count).map(move |index| {
            let start = if index == 0 { "[" } else { "," };
            let end = if index + 1 == count { "]" } else { "" };
            Ok(Frame::data(Bytes::from(format!("{start}{CONTAINER}{end}"))))
        });
        let body = ByteStream::new(StreamBody::new(futures_util::stream::iter(items)));
        Box::pin(std::future::ready(Ok(Reply::new(StatusCode::OK, body))))
    }
}

/// The peak of the process's memory in bytes, since the last reset.
fn peak() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() * 1024
}

#[tokio::test]
async fn a_decoded_list_takes_a_few_times_its_length() {
    let count = 8 * 1024 * 1024 / CONTAINER.len();
    let docker =
        Docker::builder().environment([("", ""); 0]).transport(List(count)).connect().unwrap();
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
    let before = peak();
    let list = docker.container_list().send().await.unwrap();
    let taken = peak() - before;
    assert_eq!(list.len(), count);
    let times = taken as f64 / (count * CONTAINER.len()) as f64;
    println!("{times:.2} times the length, {} bytes each", taken / count);
    // `Request::response_limit` states this.
    assert!(times < 10.0, "{times:.2} times the length of the response");

    let docker = Docker::builder().environment([("", ""); 0]).transport(List(count));
    let docker = docker.response_limit(1000).connect().unwrap();
    let error = format!("{:?}", docker.container_list().send().await.unwrap_err());
    assert!(error.contains("longer than the limit of 1000 bytes"), "{error}");
}
