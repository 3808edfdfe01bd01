//! How generated types are read and shown: lists of strings, open string enums, and secrets.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::{Deserializer, de};

use crate::lenient::Lenient as _;

/// Shows a secret as `***`, unless it is empty.
pub struct Hidden<'a, T>(pub &'a T);

/// Shows the names of values, and `***` instead of each value.
pub struct Masked<'a, T>(pub &'a T);

/// The replacement of a secret.
struct Redacted;

impl fmt::Debug for Redacted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Values by name, such as the options of a driver.
impl fmt::Debug for Masked<'_, BTreeMap<String, String>> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.0.keys().map(|name| (name, Redacted))).finish()
    }
}

/// Members that no document names.
impl fmt::Debug for Masked<'_, serde_json::Map<String, serde_json::Value>> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.0.keys().map(|name| (name, Redacted))).finish()
    }
}

/// Variables of an environment, as `NAME=value`.
impl fmt::Debug for Masked<'_, Vec<String>> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.0.iter().map(|variable| match variable.split_once('=') {
            Some((name, _)) => format!("{name}=***"),
            None => variable.clone(),
        });
        f.debug_list().entries(names).finish()
    }
}

impl<T: fmt::Debug + Default + PartialEq> fmt::Debug for Hidden<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self.0 == T::default() { self.0.fmt(f) } else { f.write_str("***") }
    }
}

/// Reads a list of strings. `null` is an empty list, and a single string, as podman and old images write a command, is
/// a list of one.
pub(crate) fn text_list<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<String>, D::Error> {
    struct Texts;

    impl<'de> de::Visitor<'de> for Texts {
        type Value = Vec<String>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list of strings")
        }

        fn visit_unit<E>(self) -> Result<Vec<String>, E> {
            Ok(Vec::new())
        }

        fn visit_str<E>(self, text: &str) -> Result<Vec<String>, E> {
            Ok(if text.is_empty() { Vec::new() } else { vec![text.to_owned()] })
        }

        fn visit_seq<A: de::SeqAccess<'de>>(self, items: A) -> Result<Vec<String>, A::Error> {
            Vec::present(de::value::SeqAccessDeserializer::new(items))
        }
    }

    deserializer.deserialize_any(Texts)
}

/// Reads a string enum from any scalar that an engine sends: `null` is the empty value, and a number or a boolean its
/// string.
pub fn open_enum<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: for<'a> From<&'a str>,
{
    struct Scalar<T>(PhantomData<T>);

    impl<T: for<'a> From<&'a str>> de::Visitor<'_> for Scalar<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a string")
        }

        fn visit_str<E>(self, text: &str) -> Result<T, E> {
            Ok(T::from(text))
        }

        fn visit_unit<E>(self) -> Result<T, E> {
            Ok(T::from(""))
        }

        fn visit_bool<E>(self, value: bool) -> Result<T, E> {
            Ok(T::from(&value.to_string()))
        }

        fn visit_i64<E>(self, value: i64) -> Result<T, E> {
            Ok(T::from(&value.to_string()))
        }

        fn visit_u64<E>(self, value: u64) -> Result<T, E> {
            Ok(T::from(&value.to_string()))
        }
    }

    deserializer.deserialize_any(Scalar(PhantomData))
}

/// Defines a string enum that keeps unknown values in `Other`.
///
/// Values are compared by their strings.
#[doc(hidden)]
#[macro_export]
macro_rules! __string_enum {
    (
        $(#[$meta:meta])*
        pub enum $name:ident {
            $($(#[$variant_meta:meta])* $variant:ident = $text:literal),* $(,)?
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$variant_meta])* $variant,)*
            /// A value that this version of the API does not list.
            Other(String),
        }

        impl $name {
            /// The values that this version of the API lists.
            pub const VALUES: &'static [&'static str] = &[$($text),*];

            /// Returns the value as it is sent.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)*
                    Self::Other(text) => text,
                }
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                match text {
                    $($text => Self::$variant,)*
                    _ => Self::Other(text.to_owned()),
                }
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                match text.as_str() {
                    $($text => Self::$variant,)*
                    _ => Self::Other(text),
                }
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = ::std::convert::Infallible;

            fn from_str(text: &str) -> ::std::result::Result<Self, Self::Err> {
                Ok(Self::from(text))
            }
        }

        /// The value of the empty string, which the engine sends if it has no value.
        impl Default for $name {
            fn default() -> Self {
                Self::from("")
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                self.as_str() == other.as_str()
            }
        }

        impl Eq for $name {}

        impl PartialEq<str> for $name {
            fn eq(&self, other: &str) -> bool {
                self.as_str() == other
            }
        }

        impl PartialEq<&str> for $name {
            fn eq(&self, other: &&str) -> bool {
                self.as_str() == *other
            }
        }

        impl PartialOrd for $name {
            fn partial_cmp(&self, other: &Self) -> Option<::std::cmp::Ordering> {
                Some(self.cmp(other))
            }
        }

        impl Ord for $name {
            fn cmp(&self, other: &Self) -> ::std::cmp::Ordering {
                self.as_str().cmp(other.as_str())
            }
        }

        impl ::std::hash::Hash for $name {
            fn hash<H: ::std::hash::Hasher>(&self, state: &mut H) {
                self.as_str().hash(state);
            }
        }

        impl $crate::generated::serde::Serialize for $name {
            fn serialize<S: $crate::generated::serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::std::result::Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> $crate::generated::serde::Deserialize<'de> for $name {
            fn deserialize<D: $crate::generated::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::std::result::Result<Self, D::Error> {
                $crate::generated::open_enum(deserializer)
            }
        }

        $crate::__lenient!($name);
    };
}
#[cfg(test)]
#[allow(unreachable_pub)]
mod tests {
    use super::*;
    use crate::__string_enum as string_enum;

    string_enum! {
        /// The state of a container.
        pub enum State {
            /// It runs.
            Running = "running",
            Exited = "exited",
        }
    }

    string_enum! {
        /// A restart policy.
        pub enum Policy {
            Unset = "",
            Always = "always",
        }
    }

    #[test]
    fn a_single_string_is_a_list_of_one() {
        let read = |text: &str| text_list(&mut serde_json::Deserializer::from_str(text));
        for (text, wanted) in [
            (r#""/bin/sh -c""#, &["/bin/sh -c"][..]),
            (r#"["a", "b"]"#, &["a", "b"]),
            (r#""""#, &[]),
            ("null", &[]),
        ] {
            assert_eq!(read(text).unwrap(), wanted, "{text}");
        }
        assert!(read("[1]").is_err());
    }

    #[test]
    fn a_value_that_is_not_listed_is_kept() {
        let state: State = serde_json::from_str(r#""stopped""#).unwrap();
        assert!(matches!(&state, State::Other(text) if text == "stopped"));
        assert_eq!(serde_json::to_string(&state).unwrap(), r#""stopped""#);
        assert_eq!(serde_json::from_str::<State>("3").unwrap(), "3");
    }

    #[test]
    fn a_listed_value_becomes_its_variant() {
        assert!(matches!(serde_json::from_str(r#""running""#).unwrap(), State::Running));
        assert!(matches!(State::from("exited".to_owned()), State::Exited));
        assert!(matches!("exited".parse(), Ok(State::Exited)));
        assert_eq!(State::Other("running".into()), State::Running);
        assert_eq!(State::VALUES, ["running", "exited"]);
        assert_eq!(format!("{:>8}|", State::Exited), "  exited|");
    }

    #[test]
    fn the_default_is_the_empty_value() {
        assert!(matches!(Policy::default(), Policy::Unset));
        assert_eq!(Policy::VALUES, ["", "always"]);
        assert!(matches!(State::default(), State::Other(text) if text.is_empty()));
    }
}
