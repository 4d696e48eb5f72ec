// Families answer a Flow (FLOIP) turn by turn in @floip/flow-runner: node flow_runner.cjs < flow.json
// In: {resources, blocks, answers, families}. Out: turns a second. The run goes to JSON and back at every turn, as ours
// does; the Flow and its texts stay in memory.
const path = require('node:path')
const { createRequire } = require('node:module')
const from = createRequire(path.join(__dirname, '../counterparts/node_modules/x.js'))
const { FlowRunner, createContextDataObjectFor, SupportedMode } = from('@floip/flow-runner')

const say = console.log
console.log = console.info = console.debug = console.warn = () => {} // it says something at every turn: that costs it time

const given = JSON.parse(require('node:fs').readFileSync(0, 'utf8'))
const flow = {
  uuid: 'questions', name: 'questions', last_modified: '2026-03-02 09:00:00.000Z', interaction_timeout: 0,
  supported_modes: [SupportedMode.SMS], languages: [{ id: 'nl', iso_639_3: 'nld', label: 'Nederlands' }],
  blocks: given.blocks, first_block_id: given.blocks[0].uuid,
}
const withFlow = context => ({ ...context, flows: [flow], resources: given.resources })
const kept = ({ flows, resources, ...context }) => JSON.stringify(context)

async function turn (text, answer) {
  const runner = new FlowRunner(withFlow(JSON.parse(text)))
  if (answer === undefined) {
    await runner.run()
  } else {
    const { prompt } = runner.hydrateRichCursorFrom(runner.context)
    prompt.value = answer
    prompt.validate(answer)
    await runner.run()
  }
  return [kept(runner.context), runner.context.cursor]
}

async function family (number) {
  const contact = { id: String(number), name: '', created_at: '2026-03-02 09:00:00.000Z' }
  const begun = await createContextDataObjectFor(contact, [], 'u', 'o', [flow], 'nl', SupportedMode.SMS, given.resources)
  let [text, cursor] = await turn(kept(begun))
  for (const [place, answer] of given.answers.entries()) {
    if (cursor === undefined) throw new Error(`it ended before answer ${place}`)
    ;[text, cursor] = await turn(text, answer)
  }
  if (JSON.parse(text).exit_at === undefined) throw new Error('it did not end')
}

async function main () {
  await family(0)
  const began = process.hrtime.bigint()
  for (let number = 1; number <= given.families; number++) await family(number)
  const seconds = Number(process.hrtime.bigint() - began) / 1e9
  say(given.families * (given.answers.length + 1) / seconds)
}

main().catch(problem => { console.error(problem); process.exit(1) })
