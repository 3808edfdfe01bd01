//! The comparison: its rules one by one, its properties over all versions, its reports.

mod rules;
