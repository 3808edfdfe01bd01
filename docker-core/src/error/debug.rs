//! `Debug` of [`Error`]: the message with its causes, or the fields.

use std::error::Error as _;
use std::fmt;

use super::Error;

/// `{:?}` writes the message and its causes, for people; `{:#?}` the fields.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if f.alternate() {
            return self.fields(f);
        }
        write!(f, "{self}")?;
        let mut cause = self.source();
        while let Some(below) = cause {
            write!(f, "\n  caused by: {below}")?;
            cause = below.source();
        }
        Ok(())
    }
}

/// Writes each variant with its fields, as a derive would.
macro_rules! fields {
    ($($variant:ident { $($field:ident),* })*) => {
        impl Error {
            fn fields(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(Self::$variant { $($field),* } => f
                        .debug_struct(stringify!($variant))
                        $(.field(stringify!($field), $field))*
                        .finish(),)*
                }
            }
        }
    };
}

fields! {
    InvalidRequest { target, message, source }
    Config { setting, message, source }
    Connect { target, address, hint, source }
    Communication { target, doing, source }
    Body { target, source }
    Unpack { target, source }
    Engine { target, status, message, api_version }
    UnexpectedStatus { target, status, message }
    Decode { target, at, source }
    Timeout { target, doing, after }
    Version { client, engine, message }
    TooNew { target, parameter, needs, negotiated }
    Truncated { target, within }
    UnknownStream { target, id, offset }
    InStream { target, code, message }
    Malformed { target, offset, source }
}
