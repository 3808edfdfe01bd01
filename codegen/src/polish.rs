//! The syn passes: from progenitor's output to code that a person can open and read.

pub mod docs;
pub mod facts;
mod filters;
pub mod operations;
pub mod paths;
mod prose;
mod root;
mod secrets;
pub mod split;
pub mod types;
pub mod words;

/// Formats items, without the line ends around them.
fn format(items: proc_macro2::TokenStream) -> String {
    match syn::parse2::<syn::File>(items.clone()) {
        Ok(file) => crate::render::unparse(&file),
        // Never reached by the passes, whose tokens are items; the text shows what went wrong.
        Err(error) => format!("compile_error!({:?});\n{items}\n", error.to_string()),
    }
}
