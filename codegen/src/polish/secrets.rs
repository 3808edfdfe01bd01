//! Fields that are or may have secrets: `Debug` shows `***` in place of their values.

use quote::{format_ident, quote};

/// The types that have secrets, and which of their fields these are, as the spec names them.
const SECRETS: &[(&str, &[&str])] = &[
    ("AuthConfig", &["auth", "identitytoken", "password", "registrytoken"]),
    ("AuthResponse", &["IdentityToken"]),
    ("ConfigSpec", &["Data"]),
    ("JoinTokens", &["Manager", "Worker"]),
    ("PluginEnv", &["Value"]),
    ("SecretSpec", &["Data"]),
    ("SwarmJoinRequest", &["JoinToken"]),
    ("SwarmSpecCaConfig", &["SigningCAKey"]),
    ("SwarmUnlockRequest", &["UnlockKey"]),
    ("UnlockKeyResponse", &["UnlockKey"]),
];

/// The fields that have values by name, any of which may be a secret, with the types that they then have: variables of
/// containers, options of drivers such as the password of a network filesystem or the token of a log collector.
const NAMED_VALUES: &[(&str, &str)] = &[
    ("Config", "BTreeMap < String , String >"),
    ("DriverOpts", "BTreeMap < String , String >"),
    ("Env", "Vec < String >"),
    ("Options", "BTreeMap < String , String >"),
];

/// A field of a type, as far as it matters here.
#[derive(Clone, Copy)]
pub(super) struct Field<'a> {
    /// The name in the spec.
    pub(super) wire: &'a str,
    /// The name in Rust.
    pub(super) rust: &'a str,
    pub(super) ty: &'a syn::Type,
    /// Whether it has the members that no document names.
    pub(super) unnamed: bool,
}

/// Writes `Debug` for a type that has secrets among its fields.
pub(super) fn debug(name: &str, fields: &[Field<'_>]) -> Option<syn::Item> {
    let secrets = SECRETS.iter().find(|(secret, _)| *secret == name).map(|(_, fields)| *fields);
    let is_secret = |field: &Field<'_>| secrets.is_some_and(|all| all.contains(&field.wire));
    let has_values = |field: &Field<'_>| {
        let ty = field.ty;
        let ty = quote!(#ty).to_string();
        NAMED_VALUES.iter().any(|(wire, written)| *wire == field.wire && *written == ty)
    };
    if !fields.iter().any(|field| is_secret(field) || has_values(field)) {
        return None;
    }
    let shown = fields.iter().map(|field| {
        let (rust, ident) = (field.rust, format_ident!("{}", field.rust));
        if is_secret(field) {
            quote!(.field(#rust, &Hidden(&self.#ident)))
        } else if field.unnamed || has_values(field) {
            quote!(.field(#rust, &Masked(&self.#ident)))
        } else {
            quote!(.field(#rust, &self.#ident))
        }
    });
    let ident = format_ident!("{name}");
    Some(syn::parse_quote! {
        /// Shows `***` in place of values that are or may be secrets.
        impl std::fmt::Debug for #ident {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(#name) #(#shown)* .finish()
            }
        }
    })
}
