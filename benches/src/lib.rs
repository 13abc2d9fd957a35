//! The workloads on which kakehi is measured, and the engines that it is measured against.
//!
//! Each engine says how it does each workload; [`compare::comparisons`] puts them side by side and checks
//! that they all write the same before anybody measures them.

pub mod compare;
pub mod data;
pub mod engines;
pub mod escape;
pub mod fairness;
pub mod load;
pub mod measure;
pub mod memory;
pub mod server;
pub mod waiting;
