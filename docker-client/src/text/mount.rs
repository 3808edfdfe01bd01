//! Mounts in the syntax of `docker run --mount`.

use docker_api::types::Mount;
use serde_json::{Map, Value};

use super::fields::{Field, fields, unquoted};
use super::units::size;
use super::volume::{absolute, is_absolute};
use super::{InvalidText, SyntaxError};

/// Parses a mount, as `docker run --mount` does: pairs of `key=value`, separated by commas.
///
/// | key | types of mounts | value |
/// |---|---|---|
/// | `type` | | `bind`, `volume` (the default), `tmpfs`, `image`, `npipe`, `cluster` |
/// | `source`, `src` | all but `tmpfs` | a path of the host, the name of a volume, or an image |
/// | `target`, `dst`, `destination` | all | an absolute path in the container |
/// | `readonly`, `ro` | all | none, `true` or `false` |
/// | `consistency` | `bind` | `consistent`, `cached`, `delegated` |
/// | `bind-propagation` | `bind` | `rprivate`, `private`, `rshared`, `shared`, `rslave`, `slave` |
/// | `bind-recursive` | `bind` | `enabled`, `disabled`, `writable`, `readonly` |
/// | `bind-create-src` | `bind` | none, `true` or `false` |
/// | `volume-nocopy` | `volume` | none, `true` or `false` |
/// | `volume-driver`, `volume-subpath` | `volume` | |
/// | `volume-opt`, `volume-label` | `volume` | `name=value`; may be repeated |
/// | `image-subpath` | `image` | |
/// | `tmpfs-size` | `tmpfs` | a size in the syntax of [`bytes`](super::bytes) |
/// | `tmpfs-mode` | `tmpfs` | permissions in octal digits |
///
/// A pair that contains a comma is enclosed in double quotes: `type=volume,dst=/d,"volume-opt=o=addr=10.0.0.1,rw"`.
///
/// An engine ignores an option that is newer than the API version in use.
/// [`Response::ignored`](docker_api::Response::ignored) reports some of these.
///
/// Ref: <https://docs.docker.com/engine/storage/>
///
/// # Errors
///
/// Returns [`InvalidText`] if the syntax is invalid. The error does not contain the values of `volume-opt` or of
/// unknown keys, because they may be passwords.
pub fn mount(text: &str) -> Result<Mount, InvalidText> {
    read(text).map_err(|error| error.of(&without_secrets(text), "mount"))
}

/// The keys whose values appear in errors.
const PLAIN: &[&str] = &[
    "type",
    "source",
    "src",
    "target",
    "dst",
    "destination",
    "readonly",
    "ro",
    "consistency",
    "bind-propagation",
    "bind-create-src",
    "bind-recursive",
    "volume-nocopy",
    "volume-subpath",
    "volume-driver",
    "volume-label",
    "image-subpath",
    "tmpfs-size",
    "tmpfs-mode",
];

/// Replaces each byte of all other values by `*`, so that positions do not change.
fn without_secrets(text: &str) -> String {
    let mut shown = String::new();
    let mut hidden = false;
    loop {
        let rest = &text[shown.len()..];
        let quoted = rest.strip_prefix('"');
        // Without a closing quote, the field extends to the end.
        let length = quoted.map_or(Some(0), |inner| unquoted(inner).map(|(_, length)| length + 1));
        let length = length.unwrap_or(rest.len());
        let end = rest[length..].find(',').map_or(rest.len(), |at| length + at);
        let pair = &rest[..end];
        let (key, value) = match pair.split_once('=') {
            Some((key, value)) => (key, Some(value)),
            None => (pair, None),
        };
        let bare = key.trim_start_matches('"').to_ascii_lowercase();
        let plain = match (&*bare, value) {
            (bare, _) if PLAIN.contains(&bare) => end,
            ("volume-opt", Some(value)) => {
                key.len() + 1 + value.find('=').map_or(value.len(), |at| at + 1)
            }
            (_, Some(_)) => key.len() + 1,
            // The part after a comma in a value that should be quoted.
            (_, None) if hidden => 0,
            (_, None) => end,
        };
        hidden = plain < end;
        shown.push_str(&pair[..plain]);
        shown.push_str(&"*".repeat(end - plain));
        if end == rest.len() {
            return shown;
        }
        shown.push(',');
    }
}

const TYPES: &[&str] = &["bind", "volume", "tmpfs", "image", "npipe", "cluster"];
const CONSISTENCIES: &[&str] = &["default", "consistent", "cached", "delegated"];
const RECURSIONS: &[&str] = &["enabled", "disabled", "writable", "readonly"];
const PROPAGATIONS: &[&str] = &["rprivate", "private", "rshared", "shared", "rslave", "slave"];

/// The members of the JSON object that describes a mount, kept apart until all pairs are parsed.
#[derive(Default)]
struct Parts {
    mount: Map<String, Value>,
    bind: Map<String, Value>,
    volume: Map<String, Value>,
    image: Map<String, Value>,
    tmpfs: Map<String, Value>,
    driver: Map<String, Value>,
    driver_options: Map<String, Value>,
    labels: Map<String, Value>,
}

impl Parts {
    fn into_json(mut self) -> Value {
        let put = |into: &mut Map<String, Value>, name: &str, part: Map<String, Value>| {
            if !part.is_empty() {
                into.insert(name.to_owned(), part.into());
            }
        };
        put(&mut self.driver, "Options", self.driver_options);
        put(&mut self.volume, "DriverConfig", self.driver);
        put(&mut self.volume, "Labels", self.labels);
        for (name, part) in [
            ("BindOptions", self.bind),
            ("VolumeOptions", self.volume),
            ("ImageOptions", self.image),
            ("TmpfsOptions", self.tmpfs),
        ] {
            put(&mut self.mount, name, part);
        }
        self.mount.into()
    }
}

/// A pair, with the positions of its key and its value.
struct Pair {
    at: usize,
    key: String,
    value_at: usize,
    value: Option<String>,
}

fn read(text: &str) -> Result<Mount, SyntaxError> {
    let pairs = fields(text)
        .map_err(|invalid| SyntaxError::new(invalid.at, invalid.expected))?
        .into_iter()
        .map(pair)
        .collect::<Vec<_>>();
    let mut parts = Parts::default();
    let named = pairs.iter().find(|pair| pair.key == "type");
    let kind = match named {
        None => "volume".to_owned(),
        Some(pair) => pair.one_of(TYPES)?,
    };
    for pair in &pairs {
        if let Some((of, _)) = pair.key.split_once('-')
            && TYPES.contains(&of)
            && of != kind
        {
            return Err(SyntaxError::new(
                pair.at,
                format!("expected a key for mounts of type {kind}, found `{}`", pair.key),
            ));
        }
        pair.put(&mut parts)?;
    }
    let mount = &mut parts.mount;
    mount.insert("Type".to_owned(), kind.clone().into());
    let field = |name: &str| mount.get(name).and_then(Value::as_str).unwrap_or_default();
    let pair_of = |keys: &[&str]| pairs.iter().find(|pair| keys.contains(&&*pair.key));
    if !is_absolute(field("Target")) {
        return Err(match pair_of(&["target", "dst", "destination"]) {
            Some(pair) => {
                SyntaxError::new(pair.value_at, "expected an absolute path in the container")
            }
            None => SyntaxError::new(text.len(), "expected a target: `dst=/path`"),
        });
    }
    match (&*kind, field("Source"), pair_of(&["source", "src"])) {
        ("bind" | "image" | "npipe" | "cluster", _, None) => {
            return Err(SyntaxError::new(
                text.len(),
                format!("expected a source, which mounts of type {kind} require: `src=…`"),
            ));
        }
        ("tmpfs", _, Some(pair)) => {
            return Err(SyntaxError::new(pair.at, "expected no source for a mount of type tmpfs"));
        }
        ("bind", source, Some(pair)) if source.starts_with('.') => {
            let source = absolute(source, pair.value_at)?;
            mount.insert("Source".to_owned(), source.into());
        }
        _ => {}
    }
    serde_json::from_value(parts.into_json())
        .map_err(|error| SyntaxError::new(0, error.to_string()))
}

impl Pair {
    /// Adds the pair to the members of the mount.
    fn put(&self, parts: &mut Parts) -> Result<(), SyntaxError> {
        let (into, name, value): (_, _, Value) = match &*self.key {
            "type" => return Ok(()),
            "source" | "src" => (&mut parts.mount, "Source", self.text()?.into()),
            "target" | "dst" | "destination" => (&mut parts.mount, "Target", self.text()?.into()),
            "readonly" | "ro" => (&mut parts.mount, "ReadOnly", self.boolean()?.into()),
            "consistency" => (&mut parts.mount, "Consistency", self.one_of(CONSISTENCIES)?.into()),
            "bind-propagation" => {
                (&mut parts.bind, "Propagation", self.one_of(PROPAGATIONS)?.into())
            }
            "bind-create-src" => (&mut parts.bind, "CreateMountpoint", self.boolean()?.into()),
            "bind-recursive" => match &*self.one_of(RECURSIONS)? {
                "disabled" => (&mut parts.bind, "NonRecursive", true.into()),
                "writable" => (&mut parts.bind, "ReadOnlyNonRecursive", true.into()),
                "readonly" => (&mut parts.bind, "ReadOnlyForceRecursive", true.into()),
                _ => return Ok(()),
            },
            "volume-nocopy" => (&mut parts.volume, "NoCopy", self.boolean()?.into()),
            "volume-subpath" => (&mut parts.volume, "Subpath", self.text()?.into()),
            "volume-driver" => (&mut parts.driver, "Name", self.text()?.into()),
            "volume-opt" => {
                let (name, value) = self.name_and_value()?;
                (&mut parts.driver_options, name, value.into())
            }
            "volume-label" => {
                let (name, value) = self.name_and_value()?;
                (&mut parts.labels, name, value.into())
            }
            "image-subpath" => (&mut parts.image, "Subpath", self.text()?.into()),
            "tmpfs-size" => {
                let size = size(self.text()?).map_err(|error| error.shifted(self.value_at))?;
                (&mut parts.tmpfs, "SizeBytes", size.into())
            }
            "tmpfs-mode" => {
                let mode = u32::from_str_radix(self.text()?, 8).ok().filter(|mode| *mode <= 0o7777);
                let expected = "expected permissions in octal digits, such as 1777";
                let mode = mode.ok_or_else(|| SyntaxError::new(self.value_at, expected))?;
                (&mut parts.tmpfs, "Mode", mode.into())
            }
            _ => {
                let expected = "expected a key such as type, src, dst or readonly";
                return Err(SyntaxError::new(self.at, expected));
            }
        };
        if into.insert(name.to_owned(), value).is_some() {
            return Err(SyntaxError::new(self.at, "expected each key once"));
        }
        Ok(())
    }

    fn text(&self) -> Result<&str, SyntaxError> {
        match self.value.as_deref() {
            Some(value) if !value.is_empty() => Ok(value),
            _ => {
                Err(SyntaxError::new(self.value_at, format!("expected a value: `{}=…`", self.key)))
            }
        }
    }

    fn boolean(&self) -> Result<bool, SyntaxError> {
        match self.value.as_deref() {
            None | Some("true" | "1") => Ok(true),
            Some("false" | "0") => Ok(false),
            Some(_) => Err(SyntaxError::new(self.value_at, "expected true or false")),
        }
    }

    fn one_of(&self, known: &[&str]) -> Result<String, SyntaxError> {
        let value = self.text()?.to_ascii_lowercase();
        match known.contains(&&*value) {
            true => Ok(value),
            false => {
                let expected = format!("expected one of: {}", known.join(", "));
                Err(SyntaxError::new(self.value_at, expected))
            }
        }
    }

    /// Returns the name and the value of a value that is itself a pair.
    fn name_and_value(&self) -> Result<(&str, &str), SyntaxError> {
        let text = self.text()?;
        match text.split_once('=').unwrap_or((text, "")) {
            ("", _) => Err(SyntaxError::new(self.value_at, "expected a name before `=`")),
            pair => Ok(pair),
        }
    }
}

fn pair(Field { at, value: field }: Field) -> Pair {
    match field.split_once('=') {
        Some((key, value)) => {
            let (key, value_at) = (key.to_ascii_lowercase(), at + key.len() + 1);
            Pair { at, key, value_at, value: Some(value.to_owned()) }
        }
        None => {
            Pair { at, value_at: at + field.len(), key: field.to_ascii_lowercase(), value: None }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_key_goes_where_the_engine_reads_it() {
        for (text, expected) in [
            ("dst=/d", json!({"Type": "volume", "Target": "/d"})),
            (
                "type=bind,src=/s,dst=/d,readonly",
                json!({"Type": "bind", "Source": "/s", "Target": "/d", "ReadOnly": true}),
            ),
            (
                "TYPE=bind,source=C:\\s,destination=/d,ro=false,bind-propagation=rslave,bind-recursive=disabled",
                json!({"Type": "bind", "Source": "C:\\s", "Target": "/d", "ReadOnly": false,
                    "BindOptions": {"Propagation": "rslave", "NonRecursive": true}}),
            ),
            (
                "src=v,target=/d,volume-nocopy,volume-driver=local,volume-label=a=b,volume-label=c,\
                 \"volume-opt=o=addr=10.0.0.1,\"\"rw\"\"\",volume-opt=type=nfs",
                json!({"Type": "volume", "Source": "v", "Target": "/d", "VolumeOptions": {
                    "NoCopy": true,
                    "Labels": {"a": "b", "c": ""},
                    "DriverConfig": {"Name": "local",
                        "Options": {"o": "addr=10.0.0.1,\"rw\"", "type": "nfs"}},
                }}),
            ),
            (
                "type=bind,src=/s,dst=/d,bind-create-src,bind-recursive=writable,consistency=cached",
                json!({"Type": "bind", "Source": "/s", "Target": "/d", "Consistency": "cached",
                    "BindOptions": {"CreateMountpoint": true, "ReadOnlyNonRecursive": true}}),
            ),
            (
                "type=bind,src=/s,dst=/d,bind-create-src=0,bind-recursive=readonly",
                json!({"Type": "bind", "Source": "/s", "Target": "/d",
                    "BindOptions": {"CreateMountpoint": false, "ReadOnlyForceRecursive": true}}),
            ),
            (
                "type=bind,src=/s,dst=/d,bind-recursive=enabled",
                json!({"Type": "bind", "Source": "/s", "Target": "/d"}),
            ),
            (
                "src=v,dst=/d,volume-subpath=a/b",
                json!({"Type": "volume", "Source": "v", "Target": "/d",
                    "VolumeOptions": {"Subpath": "a/b"}}),
            ),
            (
                "type=image,src=alpine,dst=/d,image-subpath=etc",
                json!({"Type": "image", "Source": "alpine", "Target": "/d",
                    "ImageOptions": {"Subpath": "etc"}}),
            ),
            (
                "type=npipe,src=\\\\.\\pipe\\a,dst=\\\\.\\pipe\\b",
                json!({"Type": "npipe", "Source": "\\\\.\\pipe\\a", "Target": "\\\\.\\pipe\\b"}),
            ),
            (
                "type=cluster,src=group:fast,dst=/d",
                json!({"Type": "cluster", "Source": "group:fast", "Target": "/d"}),
            ),
            (
                "type=tmpfs,dst=/d,tmpfs-size=64m,tmpfs-mode=1770",
                json!({"Type": "tmpfs", "Target": "/d",
                    "TmpfsOptions": {"SizeBytes": 67_108_864, "Mode": 0o1770}}),
            ),
        ] {
            let mount = mount(text).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(serde_json::to_value(mount).unwrap(), expected, "{text}");
        }
        let here = std::env::current_dir().unwrap().join("site");
        let mount = mount("type=bind,src=./site,dst=/d").unwrap();
        assert_eq!(mount.source.as_deref(), here.to_str());
    }

    #[test]
    fn an_error_points_at_the_part_that_is_invalid() {
        for (text, at) in [
            ("", 0),
            ("type=bind", 9),
            ("type=disk,dst=/d", 5),
            ("type=bind,dst=/d", 16),
            ("type=bind,src=/s,dst=d", 21),
            ("type=tmpfs,src=/s,dst=/d", 11),
            ("dst=/d,readonly=maybe", 16),
            ("dst=/d,read-only", 7),
            ("dst=/d,dst=/e", 7),
            ("dst=/d,src", 10),
            ("dst=/d,src=", 11),
            ("dst=/d,tmpfs-size=1m", 7),
            ("type=tmpfs,dst=/d,tmpfs-size=1q", 30),
            ("type=tmpfs,dst=/d,tmpfs-mode=999", 29),
            ("dst=/d,volume-opt==x", 18),
            ("dst=/d,\"volume-opt=a", 7),
            ("dst=/d,\"ro\"x", 11),
        ] {
            assert_eq!(mount(text).map_err(|error| error.position()), Err(at), "{text}");
        }
    }

    #[test]
    fn an_error_shows_no_password() {
        for (text, shown) in [
            (
                "type=volume,dst=data,\"volume-opt=o=username=u,password=s3cret\"",
                "type=volume,dst=data,\"volume-opt=o=***************************",
            ),
            (
                "dst=data,\"volume-opt=o=password=s3cret,s3cret",
                "dst=data,\"volume-opt=o=**********************",
            ),
            (
                "volume-opt=o=username=u,password=s3cret,s3cret,dst=/d",
                "volume-opt=o=**********,password=******,******,dst=/d",
            ),
            ("dst=d,\"Volume-Opt=o=s3\"\"cret\"s3cret", "dst=d,\"Volume-Opt=o=***************"),
            ("dst=/d,\u{e9}=s3cret\u{e9}", "dst=/d,\u{e9}=********"),
            ("dst=d,volume-opt=debug,ro", "dst=d,volume-opt=debug,ro"),
            ("dst=/d,read-only", "dst=/d,read-only"),
        ] {
            let error = mount(text).unwrap_err();
            assert!(error.to_string().contains(&format!("\n  {shown}\n")), "{text}: {error}");
            assert!(!format!("{error} {error:?}").contains("s3cret"), "{text}: {error:?}");
        }
        for key in PLAIN {
            let known = mount(&format!("dst=/d,{key}=x"));
            let unknown =
                known.is_err_and(|error| error.to_string().contains("expected a key such as"));
            assert!(!unknown, "{key}");
        }
    }
}
