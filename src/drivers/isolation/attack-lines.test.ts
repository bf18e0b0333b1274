import { describe, expect, it } from 'vitest'
import { attempt } from '../../isolation/probe.ts'
import { attackLines, parseAnswers } from './attack-lines.ts'

describe('what an attacker is told', () => {
  it('is one line for each attempt', () => {
    expect(attackLines([attempt('clock'), attempt('signal', 42)])).toEqual(['0\tclock', '1\tsignal\t42'])
  })

  it('is refused where a value could pass for more than one', () => {
    for (const value of ['a\tb', 'a\nb', 'a\u0000'])
      expect(() => attackLines([attempt('read', value)])).toThrow(RangeError)
  })
})

describe('what an attacker answers', () => {
  it('is found in whatever its attacks wrote beside it', () => {
    const text = 'xxxx\npalisade-answer\t1\tdone\tsaw\tit\nOut of memory!\npalisade-answer\t0\trefused\tEPERM\n'
    expect(parseAnswers(text, 2)).toEqual([
      { outcome: 'refused', seen: 'EPERM' },
      { outcome: 'done', seen: 'saw it' },
    ])
  })

  it('is a failure where nothing, or nonsense, came', () => {
    const nothing = { outcome: 'failed', seen: 'the attacker gave no answer' }
    expect(parseAnswers('palisade-answer\t0\theld\tyes\n', 2)).toEqual([nothing, nothing])
  })
})
