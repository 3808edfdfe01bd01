//! Short paths, `BTreeMap`s and 64-bit integers in what progenitor made.

use syn::visit_mut::{self, VisitMut};

/// Shortens every path of a type to its last part and widens narrow numbers.
///
/// The generated files import what they need, so `::std::option::Option<T>` is `Option<T>`. Dates and
/// addresses stay text: an engine may send `""`, and a client that writes a value back must write what
/// it read.
pub fn shorten(ty: &mut syn::Type) {
    Shorten.visit_type_mut(ty);
}

struct Shorten;

impl VisitMut for Shorten {
    fn visit_type_path_mut(&mut self, node: &mut syn::TypePath) {
        visit_mut::visit_type_path_mut(self, node);
        let Some(last) = node.path.segments.last().cloned() else { return };
        let ident = match last.ident.to_string().as_str() {
            "u8" | "u16" | "u32" | "i8" | "i16" | "i32" => "i64",
            "NonZeroU8" | "NonZeroU16" | "NonZeroU32" | "NonZeroU64" => "u64",
            "f32" => "f64",
            "DateTime" | "NaiveDate" | "IpAddr" | "Ipv4Addr" | "Ipv6Addr" | "Uuid" => "String",
            "HashMap" => "BTreeMap",
            _ => {
                node.path.leading_colon = None;
                node.path.segments = std::iter::once(last).collect();
                return;
            }
        };
        let keep_arguments = ident == "BTreeMap";
        let mut segment = syn::PathSegment::from(syn::Ident::new(ident, last.ident.span()));
        if keep_arguments {
            segment.arguments = last.arguments;
        }
        node.path = syn::Path::from(segment);
    }
}

/// Names that progenitor's types use and that no API defines.
pub fn is_std(name: &str) -> bool {
    matches!(
        name,
        "Option"
            | "Vec"
            | "String"
            | "BTreeMap"
            | "BTreeSet"
            | "Map"
            | "Value"
            | "Box"
            | "bool"
            | "i64"
            | "u64"
            | "f64"
    )
}

/// Puts `types::` before the API's types, whose names operations have too (`SystemInfo`).
pub fn qualify(ty: &mut syn::Type) {
    struct Qualify;
    impl VisitMut for Qualify {
        fn visit_type_path_mut(&mut self, node: &mut syn::TypePath) {
            visit_mut::visit_type_path_mut(self, node);
            if let Some(ident) = node.path.get_ident().filter(|ident| !is_std(&ident.to_string())) {
                node.path = syn::parse_quote!(types::#ident);
            }
        }
    }
    Qualify.visit_type_mut(ty);
}

/// The outermost name of a type: `Option` of `Option<String>`.
pub fn outer(ty: &syn::Type) -> Option<String> {
    match ty {
        syn::Type::Path(path) => path.path.segments.last().map(|segment| segment.ident.to_string()),
        _ => None,
    }
}

/// The `index`th type argument of the outermost name: `String` of `Option<String>`.
pub fn argument(ty: &syn::Type, index: usize) -> Option<&syn::Type> {
    let syn::Type::Path(path) = ty else { return None };
    let syn::PathArguments::AngleBracketed(arguments) = &path.path.segments.last()?.arguments
    else {
        return None;
    };
    arguments
        .args
        .iter()
        .filter_map(|argument| match argument {
            syn::GenericArgument::Type(ty) => Some(ty),
            _ => None,
        })
        .nth(index)
}

/// Calls `found` with the last part of every path in a type.
pub fn each_name(ty: &syn::Type, found: &mut impl FnMut(&str)) {
    struct Names<'f, F>(&'f mut F);
    impl<'ast, F: FnMut(&str)> syn::visit::Visit<'ast> for Names<'_, F> {
        fn visit_path_segment(&mut self, node: &'ast syn::PathSegment) {
            (self.0)(&node.ident.to_string());
            syn::visit::visit_path_segment(self, node);
        }
    }
    syn::visit::Visit::visit_type(&mut Names(found), ty);
}
