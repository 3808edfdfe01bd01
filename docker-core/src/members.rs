//! How the generated structs are read from JSON objects and written to them.
//!
//! A derive would generate the same loops for each struct, and compiling these took most of the time for this crate.
//! Instead, `members!` lists the members of each struct, and the loops are in this file, once.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::marker::PhantomData;

use serde::de::{self, Deserialize, Deserializer, MapAccess};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Map, Value};

use crate::keys::{EmptyObjects, Keys};
use crate::lenient::{Lenient, OrZero};
use crate::wire::text_list;

/// The members of a struct on the wire.
pub trait Members: Default {
    /// The struct's name, for errors.
    const NAME: &'static str;

    /// Reads the value of the member `name`.
    fn read<'de, A: MapAccess<'de>>(
        &mut self,
        name: &str,
        from: Member<'_, A>,
    ) -> Result<(), A::Error>;

    /// Writes all members.
    fn write<M: SerializeMap>(&self, to: &mut Object<M>);
}

/// The value of a member that was not read yet.
#[derive(Debug)]
pub struct Member<'a, A>(&'a mut A);

impl<'de, A: MapAccess<'de>> Member<'_, A> {
    /// Reads the value. `null` is the default value, because null, absent and empty mean the same to the engine.
    pub fn value<T: Lenient<'de>>(self, to: &mut T) -> Result<(), A::Error> {
        self.0.next_value().map(|OrZero(value)| *to = value)
    }

    /// Reads a list of strings, or a single string.
    pub fn texts(self, to: &mut Vec<String>) -> Result<(), A::Error> {
        struct Texts(Vec<String>);

        impl<'de> Deserialize<'de> for Texts {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                text_list(deserializer).map(Self)
            }
        }

        self.0.next_value().map(|Texts(texts)| *to = texts)
    }

    /// Reads a set, which is an object whose members are empty objects.
    pub fn keys(self, to: &mut BTreeSet<String>) -> Result<(), A::Error> {
        self.0.next_value().map(|Keys(keys)| *to = keys)
    }

    /// Keeps the value as it is.
    pub fn extra(self, name: &str, to: &mut Map<String, Value>) -> Result<(), A::Error> {
        to.insert(name.to_owned(), self.0.next_value()?);
        Ok(())
    }

    /// Ignores the value.
    pub fn skip(self) -> Result<(), A::Error> {
        self.0.next_value::<de::IgnoredAny>().map(drop)
    }
}

/// An object to which members are written, until the first error.
#[derive(Debug)]
pub struct Object<M: SerializeMap> {
    map: M,
    result: Result<(), M::Error>,
}

impl<M: SerializeMap> Object<M> {
    /// Writes a member, even if it is empty.
    pub fn always<T: Serialize>(&mut self, name: &str, value: &T) {
        if self.result.is_ok() {
            self.result = self.map.serialize_entry(name, value);
        }
    }

    /// Writes a member unless it is empty.
    pub fn filled<T: Serialize + Optional>(&mut self, name: &str, value: &T) {
        if !value.is_empty() {
            self.always(name, value);
        }
    }

    /// Writes a set as an object whose members are empty objects, unless it is empty.
    pub fn keys(&mut self, name: &str, keys: &BTreeSet<String>) {
        if !keys.is_empty() {
            self.always(name, &EmptyObjects(keys));
        }
    }

    /// Writes the members that have no field.
    pub fn extra(&mut self, members: &Map<String, Value>) {
        members.iter().for_each(|(name, value)| self.always(name, value));
    }
}

/// A value that is omitted if it is empty.
pub trait Optional {
    fn is_empty(&self) -> bool;
}

impl<T> Optional for Option<T> {
    fn is_empty(&self) -> bool {
        self.is_none()
    }
}

impl<T> Optional for Vec<T> {
    fn is_empty(&self) -> bool {
        self.is_empty()
    }
}

impl<T> Optional for BTreeMap<String, T> {
    fn is_empty(&self) -> bool {
        self.is_empty()
    }
}

impl Optional for Map<String, Value> {
    fn is_empty(&self) -> bool {
        self.is_empty()
    }
}

/// Reads a struct. Unknown members are ignored, and if a member occurs twice, the last one is used.
pub fn deserialize<'de, T: Members, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    struct Reader<T>(PhantomData<T>);

    impl<'de, T: Members> de::Visitor<'de> for Reader<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "struct {}", T::NAME)
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<T, A::Error> {
            let mut value = T::default();
            while let Some(Name(name)) = map.next_key()? {
                value.read(&name, Member(&mut map))?;
            }
            Ok(value)
        }
    }

    deserializer.deserialize_map(Reader(PhantomData))
}

/// Writes a struct.
pub fn serialize<T: Members, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    let mut to = Object { map: serializer.serialize_map(None)?, result: Ok(()) };
    value.write(&mut to);
    to.result?;
    to.map.end()
}

/// The name of a member, borrowed from the input if it has no escapes.
struct Name<'de>(Cow<'de, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;

        impl<'de> de::Visitor<'de> for Text {
            type Value = Name<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a member")
            }

            fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Borrowed(name)))
            }

            fn visit_str<E>(self, name: &str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Owned(name.to_owned())))
            }
        }

        deserializer.deserialize_str(Text)
    }
}

/// Lists the members of a struct and their names on the wire:
/// `members!(Port { ip: "IP", private_port: "PrivatePort" always })`.
///
/// A member with `always` is written even if it is empty, and one with `texts` is a list of strings, which may be sent
/// as a single string. One with `keys` is a set. The field after the braces keeps the members that have no field.
#[doc(hidden)]
#[macro_export]
macro_rules! __members {
    ($name:ident { $($field:ident: $wire:literal $($how:ident)?),* $(,)? } $($extra:ident)?) => {
        impl $crate::generated::Members for $name {
            const NAME: &'static str = stringify!($name);

            fn read<'de, A: $crate::generated::serde::de::MapAccess<'de>>(
                &mut self,
                name: &str,
                from: $crate::generated::Member<'_, A>,
            ) -> Result<(), A::Error> {
                match name {
                    $($wire => $crate::__members!(@read from, self.$field $(, $how)?),)*
                    _ => $crate::__members!(@other from $(, name, self.$extra)?),
                }
            }

            fn write<M: $crate::generated::serde::ser::SerializeMap>(&self, _to: &mut $crate::generated::Object<M>) {
                $($crate::__members!(@write _to, $wire, self.$field $(, $how)?);)*
                $(_to.extra(&self.$extra);)?
            }
        }

        impl $crate::generated::serde::Serialize for $name {
            fn serialize<S: $crate::generated::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                $crate::generated::serialize(self, serializer)
            }
        }

        impl<'de> $crate::generated::serde::Deserialize<'de> for $name {
            fn deserialize<D: $crate::generated::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::generated::deserialize(deserializer)
            }
        }

        $crate::__lenient!($name);
    };
    (@read $from:ident, $to:expr, texts) => { $from.texts(&mut $to) };
    (@read $from:ident, $to:expr, keys) => { $from.keys(&mut $to) };
    (@read $from:ident, $to:expr, always) => { $from.value(&mut $to) };
    (@read $from:ident, $to:expr) => { $from.value(&mut $to) };
    (@other $from:ident, $name:ident, $to:expr) => { $from.extra($name, &mut $to) };
    (@other $from:ident) => { $from.skip() };
    (@write $to:ident, $wire:literal, $value:expr, keys) => { $to.keys($wire, &$value) };
    (@write $to:ident, $wire:literal, $value:expr, always) => { $to.always($wire, &$value) };
    (@write $to:ident, $wire:literal, $value:expr $(, texts)?) => { $to.filled($wire, &$value) };
}

#[cfg(test)]
#[allow(unreachable_pub, dead_code, reason = "a string enum is public")]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{__members as members, __string_enum as string_enum};

    string_enum! {
        /// The state of a container.
        pub enum State {
            Running = "running",
        }
    }

    #[derive(Debug, Default, PartialEq)]
    struct Entry {
        command: Vec<String>,
        labels: BTreeMap<String, String>,
        size: Option<i64>,
        ports: BTreeSet<String>,
        state: State,
        rest: Map<String, Value>,
    }

    members!(Entry {
        command: "Cmd" texts,
        labels: "Labels",
        size: "Size\u{e9}",
        ports: "Ports" keys,
        state: "State" always,
    } rest);

    fn read(text: &str) -> Entry {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn null_absent_and_empty_are_the_same() {
        for text in [
            r#"{"Cmd":null,"Labels":null,"Ports":null,"State":null,"Size\u00e9":null}"#,
            "{}",
            r#"{"Cmd":[],"Labels":{},"Ports":{},"State":""}"#,
        ] {
            assert_eq!(read(text), Entry::default(), "{text}");
        }
        assert_eq!(serde_json::to_string(&Entry::default()).unwrap(), r#"{"State":""}"#);
    }

    #[test]
    fn what_is_read_is_written_again_and_what_has_no_field_is_kept() {
        let text = r#"{"Cmd":["a"],"Labels":{"x":"y"},"Size\u00e9":3,"Ports":{"53/udp":{},"80/tcp":{}},"State":"running","New":[null,{"a":1}]}"#;
        let entry = read(text);
        assert_eq!(
            (entry.size, &entry.rest),
            (Some(3), json!({"New": [null, {"a": 1}]}).as_object().unwrap())
        );
        let wanted: Value = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_value(&entry).unwrap(), wanted);
        assert_eq!(serde_json::from_value::<Entry>(wanted).unwrap(), entry);
    }

    #[test]
    fn a_name_with_escapes_is_a_name_and_the_last_of_two_counts() {
        assert_eq!(read(r#"{"\u0043md":"a","Cmd":["b","c"]}"#).command, ["b", "c"]);
        assert_eq!(
            serde_json::from_reader::<_, Entry>(&br#"{"Cmd":"a"}"#[..]).unwrap().command,
            ["a"]
        );
    }

    #[test]
    fn a_mismatch_is_an_error_with_its_position() {
        let error = serde_json::from_str::<Entry>(r#"{"Labels":{"a":1}}"#).unwrap_err();
        assert_eq!(
            error.to_string(),
            "invalid type: integer `1`, expected a string at line 1 column 16"
        );
        let error = serde_json::from_str::<Entry>("[]").unwrap_err();
        assert!(error.to_string().contains("expected struct Entry"), "{error}");
    }

    #[test]
    fn a_write_error_is_returned() {
        struct Full;

        impl std::io::Write for Full {
            fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
                Err(std::io::ErrorKind::StorageFull.into())
            }

            fn flush(&mut self) -> std::io::Result<()> {
                Ok(())
            }
        }

        assert!(serde_json::to_writer(Full, &Entry::default()).is_err());
    }
}
