// Reads [{file, definition}] from standard input; writes {expressions, findings: [{file, path, rule, text}]}.
// asl-validator judges the definition, JSONata's own parser each expression. A parser alone lets `$state.input`,
// `$status(x)` or a bare field name pass, and Step Functions fails at run time: so names are judged too.
import { readFileSync } from 'node:fs'
import aslValidator from 'asl-validator'
import jsonata from 'jsonata'

const STEP_FUNCTIONS_OWN = new Set(['partition', 'range', 'hash', 'random', 'uuid', 'parse'])
const NOT_IN_STEP_FUNCTIONS = new Set(['eval'])
// What $states holds, by where the expression stands; `true`: whatever the execution was given.
const CONTEXT = {
  Execution: { Id: {}, Input: true, Name: {}, RoleArn: {}, StartTime: {}, RedriveCount: {}, RedriveTime: {} },
  Map: { Item: { Index: {}, Key: {}, Value: true, Source: {} } },
  State: { EnteredTime: {}, Name: {}, RetryCount: {} },
  StateMachine: { Id: {}, Name: {} },
  Task: { Token: {} },
}
const ANYWHERE = { input: true, context: CONTEXT }
const AFTER_SUCCESS = { ...ANYWHERE, result: true }
const AFTER_ERROR = { ...ANYWHERE, errorOutput: { Error: {}, Cause: {} } }
const HAS_RESULT = new Set(['Task', 'Map', 'Parallel'])

function* expressions(value, path = []) {
  if (typeof value === 'string') {
    if (value.includes('{%') || value.includes('%}')) yield { path, text: value }
  } else if (value && typeof value === 'object') {
    for (const [key, each] of Object.entries(value)) yield* expressions(each, [...path, Array.isArray(value) ? Number(key) : key])
  }
}

/** What $states holds at `path`, by the part of the state that the expression stands in. */
function holds(definition, path) {
  let at = definition
  let state = {}
  let part = []
  for (const [number, key] of path.entries()) {
    at = at[key]
    if (path[number - 1] === 'States') {
      state = at
      part = path.slice(number + 1)
    }
  }
  const gives = (keys) => keys.includes('Output') || keys.includes('Assign')
  if (part[0] === 'Catch' && gives(part.slice(2, 3))) return AFTER_ERROR
  return gives(part.slice(0, 1)) && HAS_RESULT.has(state.Type) ? AFTER_SUCCESS : ANYWHERE
}

const assigned = (value) =>
  value && typeof value === 'object'
    ? Object.entries(value).flatMap(([key, each]) => [...(key === 'Assign' ? Object.keys(each) : []), ...assigned(each)])
    : []

/** Every node, and whether a bare name there means a field of nothing. */
function* nodes(node, bare = true) {
  if (Array.isArray(node)) {
    for (const each of node) yield* nodes(each, bare)
  } else if (node && typeof node === 'object') {
    if (node.type) yield { node, bare }
    if (node.type === 'path') {
      const [first, ...others] = node.steps
      const { predicate, stages, ...itself } = first
      yield* nodes(itself, bare)
      yield* nodes([predicate, stages, others, node.group], false)
    } else {
      for (const [key, each] of Object.entries(node)) if (key !== 'type') yield* nodes(each, bare)
    }
  }
}

const isBuiltIn = async (name) => (await jsonata(`$${name}`).evaluate({})) !== undefined

/** The first name in `$states.a.b` that is not there. */
function unknownField(steps, held) {
  let at = held
  for (const step of steps.slice(1)) {
    if (at === true || step.type !== 'name') return undefined
    if (!Object.hasOwn(at, step.value)) return step.value
    at = at[step.value]
  }
  return undefined
}

async function* problems(text, held, variables) {
  const inside = /^\{%(.*)%\}$/s.exec(text)
  if (!inside) {
    yield ['JSONATA_BRACKETS', `an expression stands in {% and %}, and nothing beside it: ${text}`]
    return
  }
  let tree
  try {
    tree = jsonata(inside[1]).ast()
  } catch (error) {
    yield ['JSONATA_SYNTAX', `${error.message}: ${text}`]
    return
  }
  const all = [...nodes(tree)]
  const bound = all.flatMap(({ node }) =>
    node.type === 'bind' ? [node.lhs.value] : node.type === 'lambda' ? node.arguments.map((each) => each.value) : [],
  )
  const known = new Set(['states', ...variables, ...bound, ...STEP_FUNCTIONS_OWN])
  for (const { node, bare } of all) {
    if (node.type === 'name' && bare) yield ['JSONATA_FIELD', `${node.value} is a field of nothing: ${text}`]
    if (node.type === 'variable') {
      const isKnown = known.has(node.value) || (node.value && (await isBuiltIn(node.value)))
      const isMissing = NOT_IN_STEP_FUNCTIONS.has(node.value) || (bare && ['', '$'].includes(node.value))
      if (isMissing || (!isKnown && !['', '$'].includes(node.value))) yield ['JSONATA_VARIABLE', `nobody gives $${node.value}: ${text}`]
    }
    if (node.type === 'path' && node.steps[0].type === 'variable' && node.steps[0].value === 'states') {
      const field = unknownField(node.steps, held)
      if (field) yield ['JSONATA_STATES', `$states has no ${field} here: ${text}`]
    }
  }
}

const asked = JSON.parse(readFileSync(0, 'utf8'))
const findings = []
let count = 0
for (const { file, definition } of asked) {
  const variables = assigned(definition)
  for (const error of aslValidator(definition).errors) {
    const keys = (error.schemaError?.instancePath ?? error.instancePath ?? '').split('/').slice(1)
    const path = keys.map((key) => (/^\d+$/.test(key) ? Number(key) : key.replaceAll('~1', '/').replaceAll('~0', '~')))
    findings.push({ file, path, rule: error['Error code'] ?? error.keyword, text: error.Message ?? error.message })
  }
  for (const { path, text } of expressions(definition)) {
    count += 1
    for await (const [rule, said] of problems(text, holds(definition, path), variables)) findings.push({ file, path, rule, text: said })
  }
}
process.stdout.write(JSON.stringify({ expressions: count, findings }))
