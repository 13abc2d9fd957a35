//! Operations on the values on top of the stack.

use arcstr::ArcStr;

use crate::bytecode::{CompareOperator, NameId, Program, Variable};
use crate::call::Budget;
use crate::error::Error;
use crate::error::machine::MachineFault;
use crate::value::{
    self, Map, Pending, Repr, Symbol, Undefined, UndefinedPolicy, Value, access, collect, compare,
    display, iterate, mapping, settled,
};
use crate::vm::dispatch::undefined_name;
use crate::vm::library::Library;
use crate::vm::machine::Machine;
use crate::vm::shortcuts;

/// Writes a value that has [no short way](shortcuts::emit) to the output; nothing of it if that fails.
#[cold]
pub(super) fn emit_other(
    budget: &Budget,
    text: &mut String,
    value: &Value,
    auto_escape: bool,
) -> Result<(), Error> {
    let start = text.len();
    let result = if auto_escape {
        value::display::write_escaped(budget, text, value)
    } else {
        value::display::write(budget, text, value)
    };
    if result.is_err() {
        text.truncate(start);
    }
    result
}

/// Captured output as a value: markup where output is escaped.
pub(super) fn captured(text: String, auto_escape: bool) -> Value {
    if auto_escape {
        Value::safe(text)
    } else {
        Value::string(text)
    }
}

/// A comparison.
#[inline]
pub(super) fn compare(
    budget: &Budget,
    operator: CompareOperator,
    a: &Value,
    b: &Value,
) -> Result<bool, Error> {
    match shortcuts::compare(operator, a, b) {
        Some(holds) => Ok(holds),
        None => compare_others(budget, operator, a, b),
    }
}

fn compare_others(
    budget: &Budget,
    operator: CompareOperator,
    a: &Value,
    b: &Value,
) -> Result<bool, Error> {
    match operator {
        CompareOperator::Equal => compare::equal(budget, a, b),
        CompareOperator::NotEqual => compare::equal(budget, a, b).map(|equal| !equal),
        CompareOperator::Less => compare::relate(budget, compare::Relation::Less, a, b),
        CompareOperator::LessEqual => compare::relate(budget, compare::Relation::LessOrEqual, a, b),
        CompareOperator::Greater => compare::relate(budget, compare::Relation::Greater, a, b),
        CompareOperator::GreaterEqual => {
            compare::relate(budget, compare::Relation::GreaterOrEqual, a, b)
        }
        CompareOperator::In => value::sequence::contains(budget, b, a),
        CompareOperator::NotIn => value::sequence::contains(budget, b, a).map(|found| !found),
    }
}

impl Machine {
    /// Replaces the top value.
    #[inline(always)]
    pub(super) fn set_top(&mut self, value: Value) {
        self.stack
            .last_mut()
            .expect("verified programs keep the stack balanced")
            .put(value);
    }

    /// Replaces a record on top by a field of it; false, and nothing, if that is not what it is.
    #[inline(always)]
    pub(super) fn replace_by_field(&mut self, name: &Symbol) -> bool {
        let Some(field) = access::field(self.top(), name, true) else {
            return false;
        };
        let field = field.to_value();
        self.set_top(field);
        true
    }

    /// A name of the context, or what stands for it if there is none.
    #[inline(never)]
    pub(super) fn root_name(
        &mut self,
        library: &Library<'_>,
        program: &Program,
        name: NameId,
        policy: UndefinedPolicy,
        next: usize,
    ) -> Value {
        let symbol = program.name(name);
        if let Some(field) = self.host_field(symbol) {
            return field.to_value();
        }
        self.lookup(library, symbol)
            .unwrap_or_else(|| undefined_name(program, name, policy, next))
    }

    /// Whether the top value counts as true.
    #[inline]
    pub(super) fn truth(&self) -> Result<bool, Error> {
        let value = self.top();
        match &value.0 {
            Repr::Bool(flag) => Ok(flag.get()),
            Repr::Int(integer) => Ok(*integer != 0),
            _ => value::truth(&self.render.budget, value),
        }
    }

    /// Whether the top value is undefined or none; a future is neither before it is awaited.
    pub(super) fn is_nullish(&self) -> Result<bool, Error> {
        let value = settled(&self.render.budget, self.top())?;
        Ok(matches!(value.0, Repr::None | Repr::Undefined(_)))
    }

    /// What a slot or an own cell holds, also if that is nothing.
    pub(super) fn variable(&self, base: usize, variable: Variable) -> Value {
        match variable.get() {
            Ok(slot) => self.stack[base + slot.0 as usize].clone(),
            Err(cell) => self.load_cell(0, cell),
        }
    }

    /// Changes a slot or an own cell.
    pub(super) fn set_variable(&mut self, base: usize, variable: Variable, value: Value) {
        match variable.get() {
            Ok(slot) => self.stack[base + slot.0 as usize] = value,
            Err(cell) => self.store_cell(cell, value),
        }
    }

    /// What a captured variable holds.
    pub(super) fn load_cell(&self, levels: u8, cell: u16) -> Value {
        let cells = self.frame().cells.as_ref().expect("the unit has cells");
        cells.up(levels).load(cell)
    }

    /// Changes a captured variable of the running unit.
    pub(super) fn store_cell(&mut self, cell: u16, value: Value) {
        let cells = self.frame().cells.as_ref().expect("the unit has cells");
        cells.store(cell, value);
    }

    /// An attribute of the top value; none if it has no such attribute.
    ///
    /// As in Python, a method of a string, list or dict comes before a key of the same name.
    pub(super) fn get_attribute(
        &self,
        library: &Library<'_>,
        name: &Symbol,
    ) -> Result<Option<Value>, Error> {
        let value = settled(&self.render.budget, self.top())?;
        if !matches!(
            value.0,
            Repr::Record(_) | Repr::Object(_) | Repr::Undefined(_)
        ) && let Some(method) = library.host.registry.method(value, name)
        {
            return Ok(Some(crate::call::BoundMethod::value(value.clone(), method)));
        }
        access::find_attribute(&self.render.budget, value, name)
    }

    /// What stands for an attribute that the top value does not have.
    pub(super) fn missing_attribute(&self, name: &Symbol, policy: UndefinedPolicy) -> Undefined {
        Undefined::attribute(self.top(), name.text().clone(), policy)
    }

    /// `v k ->`: the item, without taking the operands.
    pub(super) fn get_item(&self) -> Result<Option<Value>, Error> {
        let at = self.stack.len() - 2;
        let value = settled(&self.render.budget, &self.stack[at])?;
        let key = settled(&self.render.budget, &self.stack[at + 1])?;
        access::find_item(&self.render.budget, value, key)
    }

    /// What stands for an item that is not there.
    pub(super) fn missing_item(&self, policy: UndefinedPolicy) -> Undefined {
        let at = self.stack.len() - 2;
        Undefined::item(
            &self.render.budget,
            &self.stack[at],
            &self.stack[at + 1],
            policy,
        )
    }

    /// `v -> v`: what was captured, and text in general, as markup.
    pub(super) fn mark_safe(&mut self) -> Result<(), Error> {
        let value = self.top();
        let safe = match &value.0 {
            Repr::Safe(_) => return Ok(()),
            Repr::String(text) => Value::safe(text.clone()),
            _ => Value::safe(value::display::to_text(&self.render.budget, value)?),
        };
        self.pop();
        self.stack.push(safe);
        Ok(())
    }

    /// `v -> v`, which must be text.
    pub(super) fn expect_text(&self) -> Result<(), Error> {
        let value = self.top();
        if let Some(undefined) = value.as_undefined() {
            return Err(undefined.error());
        }
        match value.as_text() {
            Some(_) => Ok(()),
            None if value.is_pending() => Err(Pending::unawaited(value)),
            None => Err(MachineFault::FilteredToNoText {
                found: value.type_name().into(),
            }
            .into_error()),
        }
    }

    /// `text -> text`, without the white space between tags.
    pub(super) fn strip_spaces(&mut self) -> Result<(), Error> {
        let value = self.top();
        let Some(text) = value.as_text() else {
            return Ok(());
        };
        self.render.budget.memory(text.len() as u64)?;
        let stripped = value::text::strip_between_tags(text);
        let stripped = match value.0 {
            Repr::Safe(_) => Value::safe(stripped),
            _ => Value::string(stripped),
        };
        self.pop();
        self.stack.push(stripped);
        Ok(())
    }

    /// `object v ->`
    pub(super) fn set_attribute(&mut self, name: &ArcStr) -> Result<(), Error> {
        let at = self.stack.len() - 2;
        let object = &self.stack[at];
        let Some(namespace) = object.as_namespace() else {
            return Err(MachineFault::NotANamespace {
                found: object.type_name().into(),
            }
            .into_error());
        };
        namespace.set(
            &self.render.budget,
            object,
            name.clone(),
            self.stack[at + 1].clone(),
        )?;
        self.stack.truncate(at);
        Ok(())
    }

    fn take(&mut self, count: usize) -> Result<Vec<Value>, Error> {
        self.render
            .budget
            .memory((count * size_of::<Value>()) as u64)?;
        Ok(self.stack.split_off(self.stack.len() - count))
    }

    /// `v × n -> list`
    pub(super) fn make_list(&mut self, count: usize) -> Result<(), Error> {
        let items = self.take(count)?;
        self.stack.push(Value::shared_list(items));
        Ok(())
    }

    /// `v × n -> tuple`
    pub(super) fn make_tuple(&mut self, count: usize) -> Result<(), Error> {
        let items = self.take(count)?;
        self.stack.push(Value::tuple(items));
        Ok(())
    }

    /// `(k v) × n -> map`
    pub(super) fn make_map(&mut self, count: usize) -> Result<(), Error> {
        self.render
            .budget
            .memory((2 * count * size_of::<Value>()) as u64)?;
        let start = self.stack.len() - 2 * count;
        let mut map = Map::with_capacity(count);
        for pair in self.stack[start..].chunks_exact(2) {
            map.insert(pair[0].clone(), pair[1].clone())?;
        }
        self.stack.truncate(start);
        self.stack.push(Value::shared_map(map));
        Ok(())
    }

    /// `start end [step] -> range`
    pub(super) fn make_range(&mut self, inclusive: bool, has_step: bool) -> Result<(), Error> {
        let count = if has_step { 3 } else { 2 };
        let at = self.stack.len() - count;
        let mut bounds = [0, 0, 1];
        for (bound, value) in bounds.iter_mut().zip(&self.stack[at..]) {
            let value = settled(&self.render.budget, value)?;
            *bound = value.as_i64().ok_or_else(|| {
                MachineFault::RangeBound {
                    found: value.type_name().into(),
                }
                .into_error()
            })?;
        }
        let [start, end, step] = bounds;
        let stop = if inclusive {
            end.checked_add(step.signum())
                .ok_or_else(|| MachineFault::RangeEnd { end }.into_error())?
        } else {
            end
        };
        let range = Value::range(start, stop, step)?;
        self.stack.truncate(at);
        self.stack.push(range);
        Ok(())
    }

    /// `list v -> list`
    pub(super) fn append_list(&mut self) -> Result<(), Error> {
        let at = self.stack.len() - 2;
        let list = &self.stack[at];
        let items = list.as_list().expect("comprehensions append to a list");
        items.append(&self.render.budget, list, self.stack[at + 1].clone())?;
        self.stack.pop();
        Ok(())
    }

    /// `list iterable -> list`
    pub(super) fn extend_list(&mut self) -> Result<(), Error> {
        let at = self.stack.len() - 2;
        let new = collect(&self.render.budget, &self.stack[at + 1])?;
        let list = self.stack[at].as_list().expect("spreads extend a list");
        list.change(&self.render.budget, |items| items.extend(new))?;
        self.stack.pop();
        Ok(())
    }

    /// `map k v -> map`
    pub(super) fn insert_map(&mut self) -> Result<(), Error> {
        let at = self.stack.len() - 3;
        let map = &self.stack[at];
        map.as_dict().expect("literals insert into a dict").set(
            &self.render.budget,
            map,
            self.stack[at + 1].clone(),
            self.stack[at + 2].clone(),
        )?;
        self.stack.truncate(at + 1);
        Ok(())
    }

    /// `map mapping -> map`; keyword arguments are not given twice.
    pub(super) fn extend_map(&mut self, keywords: bool) -> Result<(), Error> {
        let at = self.stack.len() - 2;
        let map = &self.stack[at];
        let source = settled(&self.render.budget, &self.stack[at + 1])?;
        let pairs: Vec<(Value, Value)> = match mapping(source) {
            Some(mapping) => mapping
                .iter()
                .map(|(key, item)| (key, item.clone()))
                .collect(),
            None => {
                return Err(MachineFault::NotAMapping {
                    found: source.type_name().into(),
                }
                .into_error());
            }
        };
        let dict = map.as_dict().expect("spreads extend a dict");
        for (key, item) in pairs {
            if keywords && dict.get(&key)?.is_some() {
                return Err(MachineFault::RepeatedKeyword {
                    name: display::to_text(&self.render.budget, &key)?,
                }
                .into_error());
            }
            dict.set(&self.render.budget, map, key, item)?;
        }
        self.stack.pop();
        Ok(())
    }

    /// `v -> item × n`
    pub(super) fn unpack_sequence(&mut self, count: usize) -> Result<(), Error> {
        let value = self.top();
        let mut items = Vec::with_capacity(count.min(16));
        for item in iterate(&self.render.budget, value)? {
            items.push(item);
            if items.len() > count {
                break;
            }
        }
        if items.len() != count {
            return Err(MachineFault::Unpack {
                expected: count,
                found: items.len(),
            }
            .into_error());
        }
        self.stack.pop();
        self.stack.extend(items.into_iter().rev());
        Ok(())
    }

    /// `v -> [rest] item × n`, or `v ->` and false
    pub(super) fn match_sequence(&mut self, rest: bool, length: usize) -> Result<bool, Error> {
        let value = settled(&self.render.budget, self.top())?;
        let mut items = match &value.0 {
            Repr::List(list) => list.items().to_vec(),
            Repr::Tuple(tuple) => tuple.items().to_vec(),
            _ => {
                self.stack.pop();
                return Ok(false);
            }
        };
        let fits = if rest {
            items.len() >= length
        } else {
            items.len() == length
        };
        self.render
            .budget
            .memory((items.len() * size_of::<Value>()) as u64)?;
        self.stack.pop();
        if !fits {
            return Ok(false);
        }
        let tail = items.split_off(length);
        if rest {
            self.stack.push(Value::shared_list(tail));
        }
        self.stack.extend(items.into_iter().rev());
        Ok(true)
    }

    /// `v -> v`: whether it is a mapping.
    pub(super) fn match_mapping(&mut self) -> Result<bool, Error> {
        let value = settled(&self.render.budget, self.top())?.clone();
        let fits = mapping(&value).is_some();
        self.pop();
        self.stack.push(value);
        Ok(fits)
    }

    /// `v k -> v item`, or `v k -> v` and false
    pub(super) fn match_key(&mut self) -> Result<bool, Error> {
        let at = self.stack.len() - 2;
        let item = match mapping(&self.stack[at]) {
            Some(mapping) => mapping.get(&self.stack[at + 1])?.cloned(),
            None => None,
        };
        self.stack.truncate(at + 1);
        let found = item.is_some();
        self.stack.extend(item);
        Ok(found)
    }

    /// `v k × n -> map`
    pub(super) fn without_keys(&mut self, count: usize) -> Result<(), Error> {
        let keys = self.take(count)?;
        let mut map = Map::new();
        if let Some(mapping) = mapping(self.top()) {
            self.render
                .budget
                .memory((2 * mapping.len() * size_of::<Value>()) as u64)?;
            for (key, item) in mapping.iter() {
                map.insert(key, item.clone())?;
            }
        }
        for key in &keys {
            map.remove(key)?;
        }
        self.stack.pop();
        self.stack.push(Value::shared_map(map));
        Ok(())
    }
}
