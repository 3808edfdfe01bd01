//! Rust casing of the names that the spec uses, with acronyms kept whole.

/// Words that the splitter below would cut in the wrong place, in the spelling of the spec.
const WHOLE: &[&str] = &["IPv4", "IPv6", "IOps", "OAuth", "UIDs", "GIDs"];

/// Runs of capitals that are two words.
const PAIRS: &[(&str, &[&str])] = &[("UIDGID", &["uid", "gid"])];

/// Rust's keywords that the spec uses, or may come to use, as names.
const KEYWORDS: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate",
    "do", "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl",
    "in", "let", "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref",
    "return", "self", "static", "struct", "super", "trait", "true", "try", "type", "typeof",
    "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

/// Splits a name of the spec into lower-case words.
///
/// A run of capitals is one word (`TLSInfo` is `tls`, `info`), its plural too (`DeviceIDs` is
/// `device`, `ids`); digits stay with the letters before them.
pub fn words(name: &str) -> Vec<String> {
    let mut words = Vec::new();
    for part in name.split(|c: char| !c.is_ascii_alphanumeric()) {
        split_part(part, &mut words);
    }
    words
}

fn split_part(part: &str, words: &mut Vec<String>) {
    let mut rest = part;
    while let Some(first) = rest.chars().next() {
        if let Some(word) = WHOLE.iter().find(|word| starts_word(rest, word)) {
            words.push(word.to_ascii_lowercase());
            rest = &rest[word.len()..];
            continue;
        }
        let length = if first.is_ascii_uppercase() { capital_word(rest) } else { lower_word(rest) };
        let (word, tail) = rest.split_at(length);
        match PAIRS.iter().find(|(pair, _)| *pair == word) {
            Some((_, parts)) => words.extend(parts.iter().map(ToString::to_string)),
            None => words.push(word.to_ascii_lowercase()),
        }
        rest = tail;
    }
}

/// Whether `rest` begins with `word` and the word ends there.
fn starts_word(rest: &str, word: &str) -> bool {
    rest.strip_prefix(word).is_some_and(|tail| !tail.starts_with(|c: char| c.is_ascii_lowercase()))
}

/// Length of the word at the start of `rest`, which starts with a capital.
fn capital_word(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let run = bytes.iter().take_while(|b| b.is_ascii_uppercase()).count();
    let after = &bytes[run..];
    let plural = after.first() == Some(&b's') && !after.get(1).is_some_and(u8::is_ascii_lowercase);
    match run {
        1 => 1 + lower_word(&rest[1..]),
        _ if plural => run + 1,
        _ if after.first().is_some_and(u8::is_ascii_lowercase) => {
            // The last capital begins the next word, unless a listed word begins earlier.
            WHOLE
                .iter()
                .filter_map(|word| rest.find(word))
                .find(|at| *at > 0 && *at < run)
                .unwrap_or(run - 1)
        }
        _ => run + after.iter().take_while(|b| b.is_ascii_digit()).count(),
    }
}

fn lower_word(rest: &str) -> usize {
    rest.bytes().take_while(|b| b.is_ascii_lowercase() || b.is_ascii_digit()).count()
}

/// The name as Rust spells fields, methods and modules: `IPv4Address` is `ipv4_address`.
pub fn snake(name: &str) -> String {
    let mut name = words(name).join("_");
    if name.starts_with(|c: char| c.is_ascii_digit()) {
        name.insert(0, '_');
    }
    if KEYWORDS.contains(&name.as_str()) {
        name.push('_');
    }
    name
}

/// The name as Rust spells types and variants: `unless-stopped` is `UnlessStopped`.
pub fn pascal(name: &str) -> String {
    let mut out = String::new();
    for word in words(name) {
        let mut chars = word.chars();
        if let Some(first) = chars.next() {
            // Two words that meet with digits on both sides would become one number.
            if first.is_ascii_digit() && out.ends_with(|c: char| c.is_ascii_digit()) {
                out.push('_');
            }
            out.push(first.to_ascii_uppercase());
            out.extend(chars);
        }
    }
    if out.starts_with(|c: char| c.is_ascii_digit()) {
        out.insert(0, 'V');
    }
    if out == "Self" {
        out.push('_');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{pascal, snake};

    #[test]
    fn acronyms_stay_whole() {
        for (spec, rust) in [
            ("HostConfig", "host_config"),
            ("ID", "id"),
            ("Id", "id"),
            ("IPv4Address", "ipv4_address"),
            ("GlobalIPv6PrefixLen", "global_ipv6_prefix_len"),
            ("EnableIPv6", "enable_ipv6"),
            ("DeviceIDs", "device_ids"),
            ("NanoCPUs", "nano_cpus"),
            ("NCPU", "ncpu"),
            ("IOMaximumIOps", "io_maximum_iops"),
            ("BlkioDeviceReadIOps", "blkio_device_read_iops"),
            ("OOMKilled", "oom_killed"),
            ("TLSInfo", "tls_info"),
            ("HTTPProxy", "http_proxy"),
            ("SecondaryIPAddresses", "secondary_ip_addresses"),
            ("InsecureRegistryCIDRs", "insecure_registry_cidrs"),
            ("BridgeNfIp6tables", "bridge_nf_ip6tables"),
            ("fromImage", "from_image"),
            ("copyUIDGID", "copy_uid_gid"),
            ("X-Registry-Auth", "x_registry_auth"),
            ("io_service_bytes_recursive", "io_service_bytes_recursive"),
            (" Parents", "parents"),
            ("Type", "type_"),
            ("OSType", "os_type"),
            ("DNSOptions", "dns_options"),
            ("URLs", "urls"),
            ("IPAMConfig", "ipam_config"),
            ("IPAM", "ipam"),
            ("SHA256", "sha256"),
        ] {
            assert_eq!(snake(spec), rust, "{spec}");
        }
    }

    #[test]
    fn values_become_variants() {
        for (spec, rust) in [
            ("unless-stopped", "UnlessStopped"),
            ("read_write", "ReadWrite"),
            ("next-exit", "NextExit"),
            ("NodeState", "NodeState"),
            ("IPAMConfig", "IpamConfig"),
            ("1", "V1"),
        ] {
            assert_eq!(pascal(spec), rust, "{spec}");
        }
    }
}
