//! Programs as text: what `kakehi dump --bytecode` shows and case files pin.

use std::fmt;

use crate::bytecode::{
    Arithmetic, CallShape, CompareOperator, Instruction, Label, LoopField, Program, ShapeId, Slot,
    Unit, UnitKind, Variable, Visible, VisibleSource,
};
use crate::value::{Unlimited, display};

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, unit) in self.units.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            self.write_unit(f, index, unit)?;
        }
        Ok(())
    }
}

impl Program {
    fn write_unit(&self, f: &mut fmt::Formatter<'_>, index: usize, unit: &Unit) -> fmt::Result {
        let word = match unit.kind {
            UnitKind::Template => "template",
            UnitKind::Expression => "expression",
            UnitKind::Block => "block",
            UnitKind::Macro => "macro",
            UnitKind::Loop => "loop",
        };
        write!(f, "{word}")?;
        if let UnitKind::Block | UnitKind::Macro = unit.kind {
            write!(f, " {}", unit.name)?;
        }
        let definition = self.macros.iter().find(|m| m.unit as usize == index);
        if let Some(definition) = definition {
            write!(f, "({})", definition.parameters.join(", "))?;
            let specials = [
                ("caller", definition.caller),
                ("varargs", definition.varargs),
                ("kwargs", definition.kwargs),
            ];
            for (name, slot) in specials {
                if let Some(slot) = slot {
                    write!(f, " {name}={}", slot.0)?;
                }
            }
        }
        if let Some(block) = self.blocks.iter().find(|b| b.unit as usize == index) {
            if block.required {
                write!(f, " required")?;
            }
            self.write_visible(f, block.visible.as_deref())?;
        }
        writeln!(
            f,
            ": slots {}, cells {}, stack {}",
            unit.slots, unit.cells, unit.stack
        )?;
        for address in unit.entry.0..unit.end.0 {
            let instruction = self.code[address as usize];
            write!(f, "{address:5}  {}", mnemonic(instruction))?;
            self.write_operands(f, instruction)?;
            writeln!(f)?;
        }
        Ok(())
    }

    fn write_operands(&self, f: &mut fmt::Formatter<'_>, instruction: Instruction) -> fmt::Result {
        use Instruction as I;
        match instruction {
            I::EmitText(text) => write!(f, " {:?}", self.texts[text as usize]),
            I::EmitLocal(slot, name)
            | I::EmitRoot(slot, name)
            | I::LoadLocal(slot, name)
            | I::LoadRoot(slot, name)
            | I::LoadField { slot, name, .. }
            | I::EmitField { slot, name, .. }
            | I::TestField { slot, name, .. }
            | I::CompareField { slot, name, .. } => {
                write!(f, " {} {}", slot.0, self.name(name).text())
            }
            I::CompareLocal(operator, Slot(slot), integer) => {
                write!(f, " {slot} {} {integer}", symbol(operator))
            }
            I::CompareInteger(operator, integer) => write!(f, " {} {integer}", symbol(operator)),
            I::OperateLocal(operator, Slot(slot), integer) => {
                write!(f, " {slot} {} {integer}", sign(operator))
            }
            I::OperateInteger(operator, integer) => write!(f, " {} {integer}", sign(operator)),
            I::LoadConst(constant) => {
                let value = &self.constants[constant as usize];
                match display::to_repr(&Unlimited, value) {
                    Ok(text) => write!(f, " {text}"),
                    Err(_) => write!(f, " #{constant}"),
                }
            }
            I::LoadInteger(integer) => write!(f, " {integer}"),
            I::StoreLocal(Slot(slot)) | I::TestLocal(Slot(slot)) | I::NextItemInto(Slot(slot)) => {
                write!(f, " {slot}")
            }
            I::LoadName(name)
            | I::StoreName(name)
            | I::GetAttribute(name)
            | I::GetAttributeOrNone(name)
            | I::SetAttribute(name)
            | I::LoadExport(name) => write!(f, " {}", self.name(name).text()),
            I::ExportLocal(variable, name) | I::ShareLocal(variable, name) => {
                write!(f, " {} {}", Place(variable), self.name(name).text())
            }
            I::LoadCell(level, cell, name) => {
                write!(f, " {level}:{cell} {}", self.name(name).text())
            }
            I::StoreCell(cell) => write!(f, " {cell}"),
            I::Move { from, to } => write!(f, " {} -> {}", Place(from), Place(to)),
            I::Clear(variable) => write!(f, " {}", Place(variable)),
            I::MakeList(count)
            | I::MakeTuple(count)
            | I::MakeMap(count)
            | I::UnpackSequence(count)
            | I::Concat(count)
            | I::WithoutKeys(count) => write!(f, " {count}"),
            I::MakeRange {
                inclusive,
                has_step,
            } => {
                let kind = if inclusive { "inclusive" } else { "exclusive" };
                write!(f, " {kind}{}", if has_step { " by" } else { "" })
            }
            I::Compare(operator) => write!(f, " {}", symbol(operator)),
            I::CompareChain(operator, Label(target)) => {
                write!(f, " {} -> {target}", symbol(operator))
            }
            I::JumpIfSet(Slot(slot), Label(target)) => write!(f, " {slot} -> {target}"),
            I::EnterLoop(info) => self.write_loop(f, info),
            I::BeginBranch(site, label) => {
                write!(f, " {site} {}", label.0)?;
                let site = &self.branches[site as usize];
                let numbers = |slots: &[Slot]| slots.iter().map(|slot| slot.0).collect::<Vec<_>>();
                if let Some(slots) = &site.slots {
                    write!(f, " sees {:?}", numbers(slots))?;
                }
                if !site.writes.is_empty() {
                    write!(f, " sets {:?}", numbers(&site.writes))?;
                }
                site.after.iter().try_for_each(|earlier| {
                    write!(f, " after {}", earlier.position)?;
                    let mut takes = earlier.takes.iter();
                    takes.try_for_each(|(index, slot)| write!(f, " {index}->{}", slot.0))
                })
            }
            I::EndBranch(site) => write!(f, " {site}"),
            I::BeginDefer(site, Label(label)) | I::EndDefer(site, Label(label)) => {
                write!(f, " {site} -> {label}")
            }
            I::LoadLoopField(level, field) => write!(f, " {level} {}", field_name(field)),
            I::LoadLoop(level) => write!(f, " {level}"),
            I::CycleLoop(level, count) | I::ChangedLoop(level, count) => {
                write!(f, " {level} ({count})")
            }
            I::EnterRecursiveLoop(unit) => write!(f, " unit {unit}"),
            I::CallFilter(site) | I::AwaitFilter(site) | I::PerformTest(site) => {
                let site = &self.call_sites[site as usize];
                write!(f, " {}", site.name)?;
                write_shape(f, &self.shapes[site.shape.0 as usize])?;
                write!(
                    f,
                    "{}",
                    if site.function.is_none() {
                        " unknown"
                    } else {
                        ""
                    }
                )
            }
            I::CallFunction(shape) => {
                write!(f, " ")?;
                self.write_call(f, shape)
            }
            I::CallMethod(shape, name) => {
                write!(f, " {}", self.name(name).text())?;
                self.write_call(f, shape)
            }
            I::MakeMacro(definition) => {
                let definition = &self.macros[definition as usize];
                write!(f, " {} (unit {})", definition.name, definition.unit)
            }
            I::IncludeTemplate(site) => {
                let site = &self.includes[site as usize];
                if site.ignore_missing {
                    write!(f, " ignore missing")?;
                }
                self.write_context(f, site.visible.as_deref())
            }
            I::ImportTemplate(site) | I::LoadVisible(site) => {
                self.write_context(f, self.imports[site as usize].visible.as_deref())
            }
            I::CallBlock(block) => write!(f, " {}", self.blocks[block as usize].name),
            I::MatchSequence {
                rest,
                length,
                otherwise: Label(target),
            } => write!(f, " {length}{} -> {target}", if rest { "+" } else { "" }),
            other => match other.target() {
                Some(Label(target)) => write!(f, " -> {target}"),
                None => Ok(()),
            },
        }
    }

    fn write_loop(&self, f: &mut fmt::Formatter<'_>, info: u32) -> fmt::Result {
        let info = &self.loops[info as usize];
        let flags = [
            (info.is_async, "async"),
            (info.filtered, "filtered"),
            (info.lookahead, "lookahead"),
            (info.sized, "sized"),
            (info.remembers, "remembers"),
        ];
        for (_, word) in flags.iter().filter(|(set, _)| *set) {
            write!(f, " {word}")?;
        }
        match info.recursive {
            Some(unit) => write!(f, " recursive {unit}"),
            None => Ok(()),
        }
    }

    fn write_call(&self, f: &mut fmt::Formatter<'_>, shape: ShapeId) -> fmt::Result {
        let shape = &self.shapes[shape.0 as usize];
        if *shape
            == (CallShape {
                positional: 0,
                keywords: Vec::new(),
                spread: false,
            })
        {
            return write!(f, "()");
        }
        write_shape(f, shape)
    }

    /// What another template sees: nothing, or the context and these.
    fn write_context(
        &self,
        f: &mut fmt::Formatter<'_>,
        visible: Option<&[Visible]>,
    ) -> fmt::Result {
        match visible {
            None => write!(f, " without context"),
            visible => self.write_visible(f, visible),
        }
    }

    fn write_visible(
        &self,
        f: &mut fmt::Formatter<'_>,
        visible: Option<&[Visible]>,
    ) -> fmt::Result {
        for (index, variable) in visible.into_iter().flatten().enumerate() {
            write!(f, "{}", if index == 0 { " with " } else { ", " })?;
            match variable.source {
                VisibleSource::Local(place) => write!(f, "{}={}", variable.name, Place(place))?,
                VisibleSource::Cell(level, cell) => {
                    write!(f, "{}={level}:{cell}", variable.name)?;
                }
                VisibleSource::Loop => write!(f, "{}", variable.name)?,
            }
        }
        Ok(())
    }
}

/// A variable as an operand: a slot as its number, a cell marked.
struct Place(Variable);

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.get() {
            Ok(Slot(slot)) => write!(f, "{slot}"),
            Err(cell) => write!(f, "cell {cell}"),
        }
    }
}

/// The opcode alone: derived names carry no operands up to the first delimiter.
fn mnemonic(instruction: Instruction) -> String {
    let mut text = format!("{instruction:?}");
    if let Some(end) = text.find([' ', '(']) {
        text.truncate(end);
    }
    text
}

fn write_shape(f: &mut fmt::Formatter<'_>, shape: &CallShape) -> fmt::Result {
    if shape.spread {
        return write!(f, "(*, **)");
    }
    if shape.positional == 0 && shape.keywords.is_empty() {
        return Ok(());
    }
    write!(f, "(")?;
    let positional = (0..shape.positional).map(|_| "_".to_owned());
    let keywords = shape.keywords.iter().map(|keyword| format!("{keyword}=_"));
    for (index, argument) in positional.chain(keywords).enumerate() {
        write!(f, "{}{argument}", if index == 0 { "" } else { ", " })?;
    }
    write!(f, ")")
}

fn symbol(operator: CompareOperator) -> &'static str {
    match operator {
        CompareOperator::Equal => "==",
        CompareOperator::NotEqual => "!=",
        CompareOperator::Less => "<",
        CompareOperator::LessEqual => "<=",
        CompareOperator::Greater => ">",
        CompareOperator::GreaterEqual => ">=",
        CompareOperator::In => "in",
        CompareOperator::NotIn => "not in",
    }
}

fn sign(operator: Arithmetic) -> &'static str {
    match operator {
        Arithmetic::Add => "+",
        Arithmetic::Subtract => "-",
        Arithmetic::Multiply => "*",
        Arithmetic::FloorDivide => "//",
        Arithmetic::Remainder => "%",
    }
}

fn field_name(field: LoopField) -> &'static str {
    match field {
        LoopField::Index => "index",
        LoopField::Index0 => "index0",
        LoopField::RevIndex => "revindex",
        LoopField::RevIndex0 => "revindex0",
        LoopField::First => "first",
        LoopField::Last => "last",
        LoopField::Length => "length",
        LoopField::Depth => "depth",
        LoopField::Depth0 => "depth0",
        LoopField::PreviousItem => "previtem",
        LoopField::NextItem => "nextitem",
    }
}
