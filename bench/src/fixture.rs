//! The responses of the fake engine, in the form of a real one of API 1.52 with invented values.
//!
//! The results of clients are compared with these documents, so that they contain only fields that the specification names.

use serde_json::{Value, json};

/// The number of items in a [`Block`] of events or progress. Streams consist of whole blocks.
pub const BLOCK_ITEMS: usize = 1000;

/// Returns an id of 64 digits that differs for each `seed`.
fn id(seed: usize) -> String {
    (0..4u64).map(|part| format!("{:016x}", mix(seed as u64 * 4 + part))).collect()
}

/// Mixes the bits of a number, as the finalizer of SplitMix64 does.
fn mix(seed: u64) -> u64 {
    let mut bits = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

/// Returns the response to `GET /version`.
pub fn version() -> Value {
    json!({
        "Platform": {"Name": "Docker Engine - Community"},
        "Components": [
            {"Name": "Engine", "Version": "29.0.0", "Details": {
                "ApiVersion": "1.52", "Arch": "amd64", "BuildTime": "2025-11-10T21:46:31.000000000+00:00",
                "Experimental": "false", "GitCommit": "d105562", "GoVersion": "go1.25.4",
                "KernelVersion": "6.12.43", "MinAPIVersion": "1.44", "Os": "linux"}},
            {"Name": "containerd", "Version": "v2.1.5", "Details": {"GitCommit": "fcd43222d6b07379a4be9786bda52438f0dd16a1"}},
            {"Name": "runc", "Version": "1.3.3", "Details": {"GitCommit": "v1.3.3-0-gd842d771"}},
            {"Name": "docker-init", "Version": "0.19.0", "Details": {"GitCommit": "de40ad0"}},
        ],
        "Version": "29.0.0",
        "ApiVersion": "1.52",
        "MinAPIVersion": "1.44",
        "GitCommit": "d105562",
        "GoVersion": "go1.25.4",
        "Os": "linux",
        "Arch": "amd64",
        "KernelVersion": "6.12.43",
        "BuildTime": "2025-11-10T21:46:31.000000000+00:00",
    })
}

/// Returns the response to `GET /containers/json`.
pub fn containers(count: usize) -> Value {
    (0..count).map(container).collect()
}

fn container(seed: usize) -> Value {
    let id = id(seed);
    let network = &self::id(seed + 1_000_000);
    let running = seed % 5 != 4;
    json!({
        "Id": id,
        "Names": [format!("/shop-{}-{}", ["web", "worker", "cache", "queue"][seed % 4], seed)],
        "Image": "registry.example.com/shop/web:2025.11",
        "ImageID": format!("sha256:{}", self::id(seed % 7)),
        "Command": "/docker-entrypoint.sh nginx -g 'daemon off;'",
        "Created": 1_763_000_000 + seed,
        "Ports": [
            {"IP": "0.0.0.0", "PrivatePort": 80, "PublicPort": 8000 + seed % 20_000, "Type": "tcp"},
            {"IP": "::", "PrivatePort": 80, "PublicPort": 8000 + seed % 20_000, "Type": "tcp"},
            {"PrivatePort": 443, "Type": "tcp"},
        ],
        "Labels": {
            "com.docker.compose.config-hash": &id[..40],
            "com.docker.compose.container-number": "1",
            "com.docker.compose.project": "shop",
            "com.docker.compose.service": "web",
            "com.docker.compose.version": "2.40.3",
            "maintainer": "NGINX Docker Maintainers <docker-maint@nginx.com>",
        },
        "State": if running { "running" } else { "exited" },
        "Status": if running { "Up 3 hours" } else { "Exited (0) 2 minutes ago" },
        "HostConfig": {"NetworkMode": "shop_default"},
        "NetworkSettings": {"Networks": {"shop_default": {
            "MacAddress": "02:42:ac:12:00:05",
            "NetworkID": network,
            "EndpointID": &network[..60],
            "Gateway": "172.18.0.1",
            "IPAddress": format!("172.18.{}.{}", seed / 250 % 250, seed % 250 + 2),
            "IPPrefixLen": 16,
        }}},
        "Mounts": [{
            "Type": "volume", "Name": "shop_assets", "Source": "/var/lib/docker/volumes/shop_assets/_data",
            "Destination": "/usr/share/nginx/html", "Driver": "local", "Mode": "z", "RW": true,
        }],
    })
}

/// Returns the response to `GET /containers/{id}/json`.
pub fn inspect() -> Value {
    let id = id(0);
    json!({
        "Id": id,
        "Created": "2025-11-13T02:13:20.123456789Z",
        "Path": "/docker-entrypoint.sh",
        "Args": ["nginx", "-g", "daemon off;"],
        "State": {
            "Status": "running", "Running": true, "Paused": false, "Restarting": false, "OOMKilled": false,
            "Dead": false, "Pid": 4242, "ExitCode": 0, "StartedAt": "2025-11-13T02:13:20.523456789Z",
            "FinishedAt": "0001-01-01T00:00:00Z",
            "Health": {"Status": "healthy", "FailingStreak": 0, "Log": [
                {"Start": "2025-11-13T02:14:20.123456789Z", "End": "2025-11-13T02:14:20.223456789Z",
                 "ExitCode": 0, "Output": "ok\n"},
            ]},
        },
        "Image": format!("sha256:{}", self::id(3)),
        "ResolvConfPath": format!("/var/lib/docker/containers/{id}/resolv.conf"),
        "HostnamePath": format!("/var/lib/docker/containers/{id}/hostname"),
        "HostsPath": format!("/var/lib/docker/containers/{id}/hosts"),
        "LogPath": format!("/var/lib/docker/containers/{id}/{id}-json.log"),
        "Name": "/shop-web-1",
        "RestartCount": 0,
        "Driver": "overlay2",
        "Platform": "linux",
        "AppArmorProfile": "docker-default",
        "HostConfig": host_config(),
        "Mounts": [{
            "Type": "volume", "Name": "shop_assets", "Source": "/var/lib/docker/volumes/shop_assets/_data",
            "Destination": "/usr/share/nginx/html", "Driver": "local", "Mode": "z", "RW": true,
        }],
        "Config": config(&id),
        "NetworkSettings": {
            "SandboxID": self::id(11),
            "SandboxKey": "/var/run/docker/netns/0f9a7c2b1d3e",
            "Ports": {"80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}]},
            "Networks": {"shop_default": {
                "Aliases": ["web", "shop-web-1"],
                "MacAddress": "02:42:ac:12:00:05",
                "NetworkID": self::id(12), "EndpointID": self::id(13),
                "Gateway": "172.18.0.1", "IPAddress": "172.18.0.5", "IPPrefixLen": 16,
                "DNSNames": ["shop-web-1", "web"],
            }},
        },
    })
}

fn host_config() -> Value {
    json!({
        "Binds": ["shop_assets:/usr/share/nginx/html:z"],
        "LogConfig": {"Type": "json-file", "Config": {"max-file": "3", "max-size": "10m"}},
        "NetworkMode": "shop_default",
        "PortBindings": {"80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}]},
        "RestartPolicy": {"Name": "unless-stopped", "MaximumRetryCount": 0},
        "CapAdd": ["NET_BIND_SERVICE"], "CapDrop": ["ALL"], "Dns": ["10.0.0.2"],
        "IpcMode": "private", "CgroupnsMode": "private", "OomScoreAdj": 0, "Privileged": false,
        "PublishAllPorts": false, "ReadonlyRootfs": true, "ShmSize": 67_108_864, "Runtime": "runc",
        "Memory": 536_870_912, "NanoCpus": 1_500_000_000, "PidsLimit": 200, "MemorySwap": 536_870_912,
        "Ulimits": [{"Name": "nofile", "Hard": 4096, "Soft": 4096}],
        "MaskedPaths": ["/proc/acpi", "/proc/kcore", "/proc/keys", "/proc/timer_list", "/sys/firmware"],
        "ReadonlyPaths": ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"],
    })
}

fn config(id: &str) -> Value {
    json!({
        "Hostname": &id[..12], "User": "101", "Tty": false, "OpenStdin": false, "StdinOnce": false,
        "AttachStdin": false, "AttachStdout": true, "AttachStderr": true,
        "Env": [
            "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "NGINX_VERSION=1.29.3", "PKG_RELEASE=1~trixie", "DYNPKG_RELEASE=1~trixie",
            "SHOP_DATABASE=postgres://shop@db/shop", "SHOP_CACHE=redis://cache:6379/0",
        ],
        "Cmd": ["nginx", "-g", "daemon off;"],
        "Entrypoint": ["/docker-entrypoint.sh"],
        "Image": "registry.example.com/shop/web:2025.11",
        "WorkingDir": "/srv",
        "StopSignal": "SIGQUIT",
        "Labels": {
            "com.docker.compose.project": "shop", "com.docker.compose.service": "web",
            "com.docker.compose.version": "2.40.3",
        },
    })
}

/// Returns one event of `GET /events`.
pub fn event(seed: usize) -> Value {
    json!({
        "Type": "container",
        "Action": (["create", "start", "die", "destroy"][seed % 4]),
        "Actor": {"ID": id(seed), "Attributes": {
            "com.docker.compose.project": "shop", "com.docker.compose.service": "worker",
            "image": "registry.example.com/shop/worker:2025.11", "name": format!("shop-worker-{seed}"),
        }},
        "scope": "local",
        "time": 1_763_000_000 + seed,
        "timeNano": 1_763_000_000_000_000_000 + seed as u64 * 1_000_003,
    })
}

/// Returns one item of the progress of a pull.
pub fn progress(seed: usize) -> Value {
    let (current, total) = (seed % 997 * 65_536, 65_339_392);
    json!({
        "status": if seed.is_multiple_of(3) { "Extracting" } else { "Downloading" },
        "progressDetail": {"current": current + 1, "total": total},
        "id": &id(seed % 12)[..12],
    })
}

/// Returns an item of the progress of a pull with a string of so many bytes.
pub fn large_value(bytes: usize) -> Value {
    json!({"status": text(bytes), "id": &id(0)[..12]})
}

/// Returns printable characters without line breaks and without characters that JSON escapes.
pub fn text(bytes: usize) -> String {
    (0..bytes).map(|at| char::from(b'a' + (mix(at as u64 / 7) % 26) as u8)).collect()
}

/// The items of a stream as they are sent.
#[derive(Debug, Default)]
pub struct Block {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Block {
    /// Adds an item as a separate chunk, as an engine does when it flushes.
    pub fn chunk(&mut self, item: &[u8]) {
        self.bytes.extend_from_slice(format!("{:x}\r\n", item.len()).as_bytes());
        self.bytes.extend_from_slice(item);
        self.bytes.extend_from_slice(b"\r\n");
        self.ends.push(self.bytes.len());
    }

    /// Returns the number of items.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Returns whether there are no items.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Returns the first `count` items.
    pub fn first(&self, count: usize) -> &[u8] {
        match count {
            0 => &[],
            _ => &self.bytes[..self.ends[count - 1]],
        }
    }
}

/// Returns a block of `of(0)` to `of(999)`, each as a line and a separate chunk.
pub fn block_of(of: fn(usize) -> Value) -> Block {
    let mut block = Block::default();
    for seed in 0..BLOCK_ITEMS {
        block.chunk(format!("{}\n", of(seed)).as_bytes());
    }
    block
}

/// Returns a frame of a log: a header, and `size` bytes that end with a line break.
pub fn frame(size: usize, stderr: bool) -> Vec<u8> {
    let mut frame = vec![if stderr { 2 } else { 1 }, 0, 0, 0];
    frame.extend_from_slice(&(size as u32).to_be_bytes());
    frame.extend_from_slice(text(size - 1).as_bytes());
    frame.push(b'\n');
    frame
}

/// Returns frames of a log, of which every fourth is standard error. `packed` chunks have 32 KiB, and frames cross their boundaries.
/// Otherwise each frame is a chunk, as an engine sends it.
pub fn frames(size: usize, packed: bool) -> Block {
    let count = (256 * 1024 / size).next_multiple_of(4);
    let frames = (0..count).map(|at| frame(size, at % 4 == 3));
    let mut block = Block::default();
    if packed {
        let whole: Vec<u8> = frames.flatten().collect();
        whole.chunks(32 * 1024).for_each(|piece| block.chunk(piece));
        block.ends = vec![block.bytes.len(); count];
    } else {
        frames.for_each(|frame| block.chunk(&frame));
    }
    block
}

/// Removes nulls and empty lists, maps and strings, which only some clients write.
pub fn prune(value: Value) -> Value {
    let kept = |value: &Value| match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
        _ => true,
    };
    match value {
        Value::Array(items) => items.into_iter().map(prune).collect(),
        Value::Object(fields) => fields
            .into_iter()
            .map(|(name, value)| (name, prune(value)))
            .filter(|(_, value)| kept(value))
            .collect(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_cut_between_items() {
        let mut block = Block::default();
        block.chunk(b"one");
        block.chunk(b"sixteen bytes ok");
        assert_eq!(block.first(1), b"3\r\none\r\n");
        assert_eq!(block.first(2), b"3\r\none\r\n10\r\nsixteen bytes ok\r\n");
        assert_eq!(block.first(0), b"");
    }

    #[test]
    fn documents_contain_nothing_that_would_be_pruned() {
        for document in [version(), containers(5), inspect(), event(3), progress(3)] {
            assert_eq!(prune(document.clone()), document);
        }
    }
}
