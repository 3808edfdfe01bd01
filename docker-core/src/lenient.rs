//! Decodes `null` as the default value wherever it occurs: as a member, an item of a list, or a value of a map.
//!
//! Go clients read `null` as the zero value, so an engine may send it anywhere. One `null` must not make a whole
//! response unreadable.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess};
use serde_json::{Map, Value};

/// A type whose zero value is read from `null`, at any depth.
pub trait Lenient<'de>: Default {
    /// Reads a value that is not `null`.
    fn present<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error>;

    /// Reads a value; `null` is the zero value.
    fn read<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OrDefault<T>(PhantomData<T>);

        impl<'de, T: Lenient<'de>> de::Visitor<'de> for OrDefault<T> {
            type Value = T;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }

            fn visit_none<E>(self) -> Result<T, E> {
                Ok(T::default())
            }

            fn visit_unit<E>(self) -> Result<T, E> {
                Ok(T::default())
            }

            fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
                T::present(deserializer)
            }
        }

        deserializer.deserialize_option(OrDefault(PhantomData))
    }
}

/// Makes a [`Lenient`] value readable where serde requires `Deserialize`: in lists and maps.
pub(crate) struct OrZero<T>(pub(crate) T);

impl<'de, T: Lenient<'de>> Deserialize<'de> for OrZero<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::read(deserializer).map(Self)
    }
}

macro_rules! scalars {
    ($($scalar:ty),*) => {
        $(impl<'de> Lenient<'de> for $scalar {
            fn present<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::deserialize(deserializer)
            }
        })*
    };
}

scalars!(String, bool, i64, u64, f64, Map<String, Value>);

/// `null` stays `null`.
impl<'de> Lenient<'de> for Value {
    fn present<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::deserialize(deserializer)
    }

    fn read<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::deserialize(deserializer)
    }
}

/// `null` is `None`.
impl<'de, T: Lenient<'de>> Lenient<'de> for Option<T> {
    fn present<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::present(deserializer).map(Some)
    }
}

impl<'de, T: Lenient<'de>> Lenient<'de> for Vec<T> {
    fn present<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct List<T>(PhantomData<T>);

        impl<'de, T: Lenient<'de>> de::Visitor<'de> for List<T> {
            type Value = Vec<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a sequence")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Vec<T>, A::Error> {
                let mut list = Vec::new();
                while let Some(OrZero(item)) = items.next_element()? {
                    list.push(item);
                }
                Ok(list)
            }
        }

        deserializer.deserialize_seq(List(PhantomData))
    }
}

impl<'de, T: Lenient<'de>> Lenient<'de> for BTreeMap<String, T> {
    fn present<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries<T>(PhantomData<T>);

        impl<'de, T: Lenient<'de>> de::Visitor<'de> for Entries<T> {
            type Value = BTreeMap<String, T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
                let mut map = BTreeMap::new();
                while let Some((name, OrZero(value))) = entries.next_entry()? {
                    map.insert(name, value);
                }
                Ok(map)
            }
        }

        deserializer.deserialize_map(Entries(PhantomData))
    }
}

/// Implements [`Lenient`] for types that can be read and have a default.
#[doc(hidden)]
#[macro_export]
macro_rules! __lenient {
    ($name:ident) => {
        impl<'de> $crate::generated::Lenient<'de> for $name {
            fn present<D: $crate::generated::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::std::result::Result<Self, D::Error> {
                $crate::generated::serde::Deserialize::deserialize(deserializer)
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<T: for<'de> Lenient<'de>>(text: &str) -> Result<T, serde_json::Error> {
        T::read(&mut serde_json::Deserializer::from_str(text))
    }

    #[test]
    fn null_is_the_zero_value_at_any_depth() {
        let labels: BTreeMap<String, String> = read(r#"{"a":null,"b":"c"}"#).unwrap();
        assert_eq!((&*labels["a"], &*labels["b"]), ("", "c"));
        let ports: BTreeMap<String, Option<Vec<String>>> =
            read(r#"{"80/tcp":null,"81/tcp":[null,"x"]}"#).unwrap();
        assert_eq!(ports["80/tcp"], None);
        assert_eq!(ports["81/tcp"].as_deref(), Some(&[String::new(), "x".to_owned()][..]));
        assert_eq!(read::<Vec<Vec<i64>>>("[null,[1,null]]").unwrap(), [vec![], vec![1, 0]]);
        assert_eq!(read::<Vec<Value>>("[null]").unwrap(), [Value::Null]);
        assert_eq!(read::<Option<Vec<String>>>("null").unwrap(), None);
    }

    #[test]
    fn another_type_is_an_error() {
        assert!(read::<BTreeMap<String, String>>(r#"{"a":1}"#).is_err());
        assert!(read::<Vec<String>>("{}").is_err());
    }
}
