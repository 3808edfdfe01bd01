//! Fields that are secrets: where their types are shown by `Debug`, `***` stands in their place.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

/// The types that have secrets, and which fields are these, as the spec names them. The environment of a container is none:
/// most of it is harmless, and what is looked for when a container is shown.
const SECRETS: &[(&str, &[&str])] = &[
    ("AuthConfig", &["auth", "identitytoken", "password", "registrytoken"]),
    ("AuthResponse", &["IdentityToken"]),
    ("JoinTokens", &["Manager", "Worker"]),
    ("SecretSpec", &["Data"]),
    ("SwarmJoinRequest", &["JoinToken"]),
    ("SwarmSpecCaConfig", &["SigningCAKey"]),
    ("SwarmUnlockRequest", &["UnlockKey"]),
    ("UnlockKeyResponse", &["UnlockKey"]),
];

/// `Debug` for a type that has secrets among its fields, which are pairs of their names in the spec and in Rust.
pub(super) fn debug<'a>(
    name: &str,
    fields: impl Iterator<Item = (&'a str, &'a str)>,
) -> Option<TokenStream> {
    let (_, secrets) = SECRETS.iter().find(|(secret, _)| *secret == name)?;
    let shown = fields.map(|(wire, rust)| {
        let ident = format_ident!("{rust}");
        match secrets.contains(&wire) {
            true => quote!(.field(#rust, &Hidden(&self.#ident))),
            false => quote!(.field(#rust, &self.#ident)),
        }
    });
    let ident = format_ident!("{name}");
    Some(quote! {
        /// Shows no secret.
        impl std::fmt::Debug for #ident {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(#name) #(#shown)* .finish()
            }
        }
    })
}
