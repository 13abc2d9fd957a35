//! Generates the parser from `grammar/template.lalrpop`.

fn main() {
    lalrpop::Configuration::new()
        .set_in_dir("grammar")
        .set_out_dir(std::env::var_os("OUT_DIR").expect("cargo sets OUT_DIR for build scripts"))
        .emit_rerun_directives(true)
        .process()
        .expect("the grammar has no conflicts");
}
