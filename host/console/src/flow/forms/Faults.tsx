/** What is wrong with what is looked at, in the service's own words. */
import { CircleAlert, TriangleAlert } from 'lucide-react'
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
            <span lang="en" dir="auto">
              {choose && <span className="code">{fault.path} </span>}
              {fault.message}
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
