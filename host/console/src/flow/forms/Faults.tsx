/** What is wrong with what is looked at. */
import { CircleAlert, TriangleAlert } from 'lucide-react'
import { FaultWords } from '../../pieces/FaultWords'
import type { Fault } from '../document'

export function Faults({ of, choose }: { of: Fault[]; choose?: (fault: Fault) => void }) {
  if (of.length === 0) return null
  return (
    <ul className="plain flow-faults">
      {of.map(fault => {
        const Icon = fault.severity === 'error' ? CircleAlert : TriangleAlert
        const words = (
          <>
            <Icon size={15} aria-hidden />
            <span dir="auto">
              {choose && <bdi className="code">{fault.path} </bdi>}
              <FaultWords of={fault} />
            </span>
          </>
        )
        return (
          <li key={fault.path + fault.message} className={fault.severity}>
            {choose ? (
              <button type="button" onClick={() => choose(fault)}>
                {words}
              </button>
            ) : (
              words
            )}
          </li>
        )
      })}
    </ul>
  )
}
